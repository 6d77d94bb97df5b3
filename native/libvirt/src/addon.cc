// What the addon gives to JavaScript.
#include <libvirt/libvirt.h>
#include <napi.h>

#include "checkpoint.h"
#include "connection.h"
#include "domain.h"
#include "storage_pool.h"
#include "storage_volume.h"

namespace blockferry {

namespace {

// The version of libvirt's client library: 1000000 * major + 1000 * minor + release.
Napi::Value version(const Napi::CallbackInfo &info) {
    unsigned long version = 0;
    virGetVersion(&version, nullptr, nullptr);
    return toJs(info.Env(), static_cast<unsigned int>(version));
}

Napi::Object registerAll(Napi::Env env, Napi::Object exports) {
    env.SetInstanceData(std::make_unique<Environment>(env).release());
    Connection::define(env);
    Domain::define(env);
    Checkpoint::define(env);
    StoragePool::define(env);
    StorageVolume::define(env);
    exports.Set("version", Napi::Function::New<version>(env, "version"));
    exports.Set("connect", Napi::Function::New<connect>(env, "connect"));
    return exports;
}

} // namespace

NODE_API_MODULE(blockferry_libvirt, registerAll)

} // namespace blockferry
