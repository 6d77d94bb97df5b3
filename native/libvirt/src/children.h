#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <napi.h>

#include "connection_state.h"

namespace blockferry {

// For calls whose result is an object of a connection: makes one of `Class` of its handle.
template <typename Class> auto toChildOf(std::shared_ptr<ConnectionState> connection) {
    return [connection = std::move(connection)](Napi::Env env, auto &&handle) {
        return Class::wrap(env, connection, std::move(handle));
    };
}

// The same for a list of handles.
template <typename Class> auto toChildrenOf(std::shared_ptr<ConnectionState> connection) {
    return [connection = std::move(connection)](Napi::Env env, auto &&handles) {
        Napi::Array list = Napi::Array::New(env, handles.size());
        for (std::uint32_t i = 0; i < handles.size(); i++)
            list.Set(i, Class::wrap(env, connection, std::move(handles[i])));
        return list;
    };
}

} // namespace blockferry
