#include "connection.h"
#include "domain.h"

#include <cstdlib>
#include <span>
#include <vector>

namespace blockferry {

namespace {

Napi::Value domains(Connection &connection, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return connection.call(
        [flags](const ConnectionHandle &handle) {
            return holdList<virDomain>(
                handle, [&](virDomainPtr **list) { return virConnectListAllDomains(*handle, list, flags); });
        },
        connection.toChildren<Domain>());
}

Napi::Value domainByName(Connection &connection, Arguments &arguments) {
    return connection.call(
        [name = arguments.text("name")](const ConnectionHandle &handle) {
            return hold(handle, virDomainLookupByName(*handle, name.c_str()));
        },
        connection.toChild<Domain>());
}

Napi::Value domainByUuid(Connection &connection, Arguments &arguments) {
    return connection.call(
        [uuid = arguments.text("uuid")](const ConnectionHandle &handle) {
            return hold(handle, virDomainLookupByUUIDString(*handle, uuid.c_str()));
        },
        connection.toChild<Domain>());
}

Napi::Value domainById(Connection &connection, Arguments &arguments) {
    return connection.call(
        [id = arguments.int32("id")](const ConnectionHandle &handle) {
            return hold(handle, virDomainLookupByID(*handle, id));
        },
        connection.toChild<Domain>());
}

Napi::Value defineDomain(Connection &connection, Arguments &arguments) {
    std::string xml = arguments.text("xml");
    const unsigned int flags = arguments.uint32("flags");
    return connection.call(
        [xml = std::move(xml), flags](const ConnectionHandle &handle) {
            return hold(handle, virDomainDefineXMLFlags(*handle, xml.c_str(), flags));
        },
        connection.toChild<Domain>());
}

Napi::Value createDomain(Connection &connection, Arguments &arguments) {
    std::string xml = arguments.text("xml");
    const unsigned int flags = arguments.uint32("flags");
    return connection.call(
        [xml = std::move(xml), flags](const ConnectionHandle &handle) {
            return hold(handle, virDomainCreateXML(*handle, xml.c_str(), flags));
        },
        connection.toChild<Domain>());
}

} // namespace

Connection::Methods connectionDomainMethods() {
    return {
        Connection::method<domains>("domains"),           Connection::method<domainByName>("domainByName"),
        Connection::method<domainByUuid>("domainByUuid"), Connection::method<domainById>("domainById"),
        Connection::method<defineDomain>("defineDomain"), Connection::method<createDomain>("createDomain"),
    };
}

} // namespace blockferry
