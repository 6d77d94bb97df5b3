#include "wrapped.h"

namespace blockferry {

Napi::Promise rejectClosed(Napi::Env env, Kind kind) {
    const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(record(env, {{"closed", Napi::String::New(env, kindName(kind))}}));
    return deferred.Promise();
}

} // namespace blockferry
