#include "storage_volume.h"

#include "storage_pool.h"

namespace blockferry {

namespace {

Napi::Value nameOf(StorageVolume &volume, Arguments &arguments) {
    return toJs(arguments.env(), volume.name());
}

Napi::Value keyOf(StorageVolume &volume, Arguments &arguments) { return toJs(arguments.env(), volume.key()); }

Napi::Value isClosed(StorageVolume &volume, Arguments &arguments) {
    return toJs(arguments.env(), volume.handle() == nullptr);
}

Napi::Value close(StorageVolume &volume, Arguments &arguments) {
    volume.letGo();
    return arguments.env().Undefined();
}

Napi::Value path(StorageVolume &volume, Arguments &) {
    return volume.call(
        [](const StorageVolumeHandle &held) { return OwnedText(check(virStorageVolGetPath(held))); });
}

Napi::Value xml(StorageVolume &volume, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return volume.call([flags](const StorageVolumeHandle &held) {
        return OwnedText(check(virStorageVolGetXMLDesc(held, flags)));
    });
}

Napi::Value info(StorageVolume &volume, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return volume.call(
        [flags](const StorageVolumeHandle &held) {
            virStorageVolInfo info{};
            // Not every driver has the newer call.
            check(flags == 0 ? virStorageVolGetInfo(held, &info)
                             : virStorageVolGetInfoFlags(held, &info, flags));
            return info;
        },
        [](Napi::Env env, virStorageVolInfo &&info) {
            return record(env, {{"type", toJs(env, info.type)},
                                {"capacity", toJs(env, std::uint64_t{info.capacity})},
                                {"allocation", toJs(env, std::uint64_t{info.allocation})}});
        });
}

// Freeing a large image takes its time.
Napi::Value deleteVolume(StorageVolume &volume, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return volume.longCall(
        [flags](const StorageVolumeHandle &held) { check(virStorageVolDelete(held, flags)); });
}

Napi::Value poolOf(StorageVolume &volume, Arguments &) {
    return volume.call(
        [](const StorageVolumeHandle &held) {
            return hold(held.connection(), virStoragePoolLookupByVolume(held));
        },
        toChildOf<StoragePool>(volume.connection()));
}

} // namespace

// Both are kept by libvirt's object, which asks nobody for them.
StorageVolume::StorageVolume(const Napi::CallbackInfo &info)
    : WrappedChild(info), name_(virStorageVolGetName(*handle())), key_(virStorageVolGetKey(*handle())) {}

StorageVolume::Methods StorageVolume::methods() {
    return {
        getter<nameOf>("name"),
        getter<keyOf>("key"),
        getter<blockferry::isClosed>("isClosed"),
        method<blockferry::close>("close"),
        method<blockferry::path>("path"),
        method<blockferry::xml>("xml"),
        method<blockferry::info>("info"),
        method<deleteVolume>("delete"),
        method<poolOf>("pool"),
    };
}

} // namespace blockferry
