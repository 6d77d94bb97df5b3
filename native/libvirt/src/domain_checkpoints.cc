#include "domain.h"

#include "checkpoint.h"

namespace blockferry {

namespace {

Napi::Value checkpointCreate(Domain &domain, Arguments &arguments) {
    std::string xml = arguments.text("xml");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call(
        [xml = std::move(xml), flags](const DomainHandle &held) {
            return hold(held.connection(), virDomainCheckpointCreateXML(held, xml.c_str(), flags));
        },
        toChildOf<Checkpoint>(domain.connection()));
}

Napi::Value checkpoints(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call(
        [flags](const DomainHandle &held) {
            return holdList<virDomainCheckpoint>(held.connection(), [&](virDomainCheckpointPtr **list) {
                return virDomainListAllCheckpoints(held, list, flags);
            });
        },
        toChildrenOf<Checkpoint>(domain.connection()));
}

Napi::Value checkpointByName(Domain &domain, Arguments &arguments) {
    std::string name = arguments.text("name");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call(
        [name = std::move(name), flags](const DomainHandle &held) {
            return hold(held.connection(), virDomainCheckpointLookupByName(held, name.c_str(), flags));
        },
        toChildOf<Checkpoint>(domain.connection()));
}

} // namespace

Domain::Methods domainCheckpointMethods() {
    return {
        Domain::method<checkpointCreate>("checkpointCreate"),
        Domain::method<checkpoints>("checkpoints"),
        Domain::method<checkpointByName>("checkpointByName"),
    };
}

} // namespace blockferry
