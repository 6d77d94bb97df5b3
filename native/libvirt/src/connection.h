#pragma once

#include "wrapped.h"

namespace blockferry {

// connect(uri, options), which resolves with a Connection.
Napi::Value connect(const Napi::CallbackInfo &info);

class Connection : public Wrapped<Connection> {
  public:
    static constexpr Kind kKind = Kind::Connection;
    static constexpr const char *kName = "BindingConnection";
    static Methods methods();

    explicit Connection(const Napi::CallbackInfo &info)
        : Wrapped(info), state_(seedOf<std::shared_ptr<ConnectionState>>(info)) {}

    const std::shared_ptr<ConnectionState> &state() const { return state_; }

    // Runs `work(handle)` on a worker; see startCall.
    template <typename Work, typename... Convert> Napi::Promise call(Work work, Convert... convert) {
        if (!state_->handle())
            return rejectClosed(Env(), kKind);
        return startCall(
            Env(), WorkerPool::shortCalls(),
            [connection = state_->handle(), work = std::move(work)]() mutable { return work(connection); },
            std::move(convert)...);
    }

    // For results that are objects of this connection: a handle, or a list of them.
    template <typename Class> auto toChild() {
        return [state = state_](Napi::Env env, auto &&handle) {
            return Class::wrap(env, state, std::move(handle));
        };
    }
    template <typename Class> auto toChildren() {
        return [state = state_](Napi::Env env, auto &&handles) {
            Napi::Array list = Napi::Array::New(env, handles.size());
            for (std::uint32_t i = 0; i < handles.size(); i++)
                list.Set(i, Class::wrap(env, state, std::move(handles[i])));
            return list;
        };
    }

  private:
    std::shared_ptr<ConnectionState> state_;
};

// Methods by what they are about.
Connection::Methods connectionDomainMethods();

} // namespace blockferry
