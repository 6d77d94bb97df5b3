#include "connection.h"

#include "storage_pool.h"
#include "storage_volume.h"

namespace blockferry {

namespace {

// A call that finds an object by one text.
template <typename Class, typename Raw>
Napi::Value find(Connection &connection, std::string text, Raw *(*lookup)(virConnectPtr, const char *)) {
    return connection.call(
        [text = std::move(text), lookup](const ConnectionHandle &handle) {
            return hold(handle, lookup(*handle, text.c_str()));
        },
        connection.toChild<Class>());
}

Napi::Value pools(Connection &connection, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return connection.call(
        [flags](const ConnectionHandle &handle) {
            return holdList<virStoragePool>(handle, [&](virStoragePoolPtr **list) {
                return virConnectListAllStoragePools(*handle, list, flags);
            });
        },
        connection.toChildren<StoragePool>());
}

Napi::Value poolByName(Connection &connection, Arguments &arguments) {
    return find<StoragePool>(connection, arguments.text("name"), virStoragePoolLookupByName);
}

Napi::Value poolByUuid(Connection &connection, Arguments &arguments) {
    return find<StoragePool>(connection, arguments.text("uuid"), virStoragePoolLookupByUUIDString);
}

Napi::Value poolByTargetPath(Connection &connection, Arguments &arguments) {
    return find<StoragePool>(connection, arguments.text("path"), virStoragePoolLookupByTargetPath);
}

Napi::Value definePool(Connection &connection, Arguments &arguments) {
    std::string xml = arguments.text("xml");
    const unsigned int flags = arguments.uint32("flags");
    return connection.call(
        [xml = std::move(xml), flags](const ConnectionHandle &handle) {
            return hold(handle, virStoragePoolDefineXML(*handle, xml.c_str(), flags));
        },
        connection.toChild<StoragePool>());
}

Napi::Value createPool(Connection &connection, Arguments &arguments) {
    std::string xml = arguments.text("xml");
    const unsigned int flags = arguments.uint32("flags");
    return connection.call(
        [xml = std::move(xml), flags](const ConnectionHandle &handle) {
            return hold(handle, virStoragePoolCreateXML(*handle, xml.c_str(), flags));
        },
        connection.toChild<StoragePool>());
}

Napi::Value volumeByPath(Connection &connection, Arguments &arguments) {
    return find<StorageVolume>(connection, arguments.text("path"), virStorageVolLookupByPath);
}

Napi::Value volumeByKey(Connection &connection, Arguments &arguments) {
    return find<StorageVolume>(connection, arguments.text("key"), virStorageVolLookupByKey);
}

} // namespace

Connection::Methods connectionStorageMethods() {
    return {
        Connection::method<pools>("pools"),
        Connection::method<poolByName>("poolByName"),
        Connection::method<poolByUuid>("poolByUuid"),
        Connection::method<poolByTargetPath>("poolByTargetPath"),
        Connection::method<definePool>("definePool"),
        Connection::method<createPool>("createPool"),
        Connection::method<volumeByPath>("volumeByPath"),
        Connection::method<volumeByKey>("volumeByKey"),
    };
}

} // namespace blockferry
