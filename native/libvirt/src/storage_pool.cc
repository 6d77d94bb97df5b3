#include "storage_pool.h"

#include "storage_volume.h"
#include "uuid.h"

namespace blockferry {

namespace {

Napi::Value nameOf(StoragePool &pool, Arguments &arguments) { return toJs(arguments.env(), pool.name()); }

Napi::Value uuidOf(StoragePool &pool, Arguments &arguments) { return toJs(arguments.env(), pool.uuid()); }

Napi::Value isClosed(StoragePool &pool, Arguments &arguments) {
    return toJs(arguments.env(), pool.handle() == nullptr);
}

Napi::Value close(StoragePool &pool, Arguments &arguments) {
    pool.letGo();
    return arguments.env().Undefined();
}

Napi::Value xml(StoragePool &pool, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return pool.call([flags](const StoragePoolHandle &held) {
        return OwnedText(check(virStoragePoolGetXMLDesc(held, flags)));
    });
}

Napi::Value info(StoragePool &pool, Arguments &) {
    return pool.call(
        [](const StoragePoolHandle &held) {
            virStoragePoolInfo info{};
            check(virStoragePoolGetInfo(held, &info));
            return info;
        },
        [](Napi::Env env, virStoragePoolInfo &&info) {
            return record(env, {{"state", toJs(env, info.state)},
                                {"capacity", toJs(env, std::uint64_t{info.capacity})},
                                {"allocation", toJs(env, std::uint64_t{info.allocation})},
                                {"available", toJs(env, std::uint64_t{info.available})}});
        });
}

Napi::Value isActive(StoragePool &pool, Arguments &) {
    return pool.call([](const StoragePoolHandle &held) { return check(virStoragePoolIsActive(held)) == 1; });
}

// Starting, building and reading a pool may format a device, mount a network's file system, or look at
// thousands of files.
Napi::Value create(StoragePool &pool, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return pool.longCall(
        [flags](const StoragePoolHandle &held) { check(virStoragePoolCreate(held, flags)); });
}

Napi::Value destroy(StoragePool &pool, Arguments &) {
    return pool.longCall([](const StoragePoolHandle &held) { check(virStoragePoolDestroy(held)); });
}

Napi::Value undefine(StoragePool &pool, Arguments &) {
    return pool.call([](const StoragePoolHandle &held) { check(virStoragePoolUndefine(held)); });
}

Napi::Value deletePool(StoragePool &pool, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return pool.longCall(
        [flags](const StoragePoolHandle &held) { check(virStoragePoolDelete(held, flags)); });
}

Napi::Value build(StoragePool &pool, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return pool.longCall([flags](const StoragePoolHandle &held) { check(virStoragePoolBuild(held, flags)); });
}

Napi::Value refresh(StoragePool &pool, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return pool.longCall(
        [flags](const StoragePoolHandle &held) { check(virStoragePoolRefresh(held, flags)); });
}

Napi::Value volumes(StoragePool &pool, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return pool.call(
        [flags](const StoragePoolHandle &held) {
            return holdList<virStorageVol>(held.connection(), [&](virStorageVolPtr **list) {
                return virStoragePoolListAllVolumes(held, list, flags);
            });
        },
        toChildrenOf<StorageVolume>(pool.connection()));
}

Napi::Value volumeByName(StoragePool &pool, Arguments &arguments) {
    return pool.call(
        [name = arguments.text("name")](const StoragePoolHandle &held) {
            return hold(held.connection(), virStorageVolLookupByName(held, name.c_str()));
        },
        toChildOf<StorageVolume>(pool.connection()));
}

// Allocating a large image takes its time.
Napi::Value createVolume(StoragePool &pool, Arguments &arguments) {
    std::string xml = arguments.text("xml");
    const unsigned int flags = arguments.uint32("flags");
    return pool.longCall(
        [xml = std::move(xml), flags](const StoragePoolHandle &held) {
            return hold(held.connection(), virStorageVolCreateXML(held, xml.c_str(), flags));
        },
        toChildOf<StorageVolume>(pool.connection()));
}

} // namespace

// Both are kept by libvirt's object, which asks nobody for them.
StoragePool::StoragePool(const Napi::CallbackInfo &info)
    : WrappedChild(info), name_(virStoragePoolGetName(*handle())),
      uuid_(uuidText<virStoragePool>(*handle(), virStoragePoolGetUUIDString)) {}

StoragePool::Methods StoragePool::methods() {
    return {
        getter<nameOf>("name"),
        getter<uuidOf>("uuid"),
        getter<blockferry::isClosed>("isClosed"),
        method<blockferry::close>("close"),
        method<blockferry::xml>("xml"),
        method<blockferry::info>("info"),
        method<blockferry::isActive>("isActive"),
        method<blockferry::create>("create"),
        method<blockferry::destroy>("destroy"),
        method<blockferry::undefine>("undefine"),
        method<deletePool>("delete"),
        method<blockferry::build>("build"),
        method<blockferry::refresh>("refresh"),
        method<blockferry::volumes>("volumes"),
        method<blockferry::volumeByName>("volumeByName"),
        method<blockferry::createVolume>("createVolume"),
    };
}

} // namespace blockferry
