#pragma once

#include "children.h"
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
            Env(), WorkerPool::shortCalls(), state_,
            [connection = state_->handle(), work = std::move(work)]() mutable { return work(connection); },
            std::move(convert)...);
    }

    // For results that are objects of this connection: a handle, or a list of them.
    template <typename Class> auto toChild() { return toChildOf<Class>(state_); }
    template <typename Class> auto toChildren() { return toChildrenOf<Class>(state_); }

  private:
    std::shared_ptr<ConnectionState> state_;
};

// Methods by what they are about.
Connection::Methods connectionDomainMethods();
Connection::Methods connectionStorageMethods();
Connection::Methods connectionStatsMethods();
Connection::Methods connectionEventMethods();

} // namespace blockferry
