#include "domain.h"

namespace blockferry {

namespace {

Napi::Value backupBegin(Domain &domain, Arguments &arguments) {
    std::string backupXml = arguments.text("backupXml");
    std::optional<std::string> checkpointXml = arguments.optionalText("checkpointXml");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([backupXml = std::move(backupXml), checkpointXml = std::move(checkpointXml),
                        flags](const DomainHandle &held) {
        check(virDomainBackupBegin(held, backupXml.c_str(), orNull(checkpointXml), flags));
    });
}

Napi::Value backupXml(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([flags](const DomainHandle &held) {
        return OwnedText(check(virDomainBackupGetXMLDesc(held, flags)));
    });
}

} // namespace

Domain::Methods domainBackupMethods() {
    return {
        Domain::method<backupBegin>("backupBegin"),
        Domain::method<backupXml>("backupXml"),
    };
}

} // namespace blockferry
