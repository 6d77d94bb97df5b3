#include "connection_state.h"

#include <utility>

#include "convert.h"

namespace blockferry {

void ConnectionState::open(ConnectionHandle handle) {
    handle_ = std::move(handle);
    auth_.Reset();
}

ConnectionHandle ConnectionState::close() {
    for (ConnectionChild *child : std::exchange(children_, {}))
        child->letGo();
    lostCallback_.Reset();
    callbacks_.clear();
    return std::exchange(handle_, nullptr);
}

void ConnectionState::ask(Napi::Env env, const std::shared_ptr<Question> &question) {
    askJavaScript(env, auth_.Value(), question);
}

void ConnectionState::onLost(Napi::Env env, Napi::Function callback) {
    lostCallback_ = Napi::Persistent(callback);
    if (lostReason_)
        lost(env, *lostReason_);
}

void ConnectionState::lost(Napi::Env env, int reason) {
    lostReason_ = reason;
    if (lostCallback_.IsEmpty())
        return;
    lostCallback_.Value().Call({toJs(env, reason)});
}

void ConnectionState::keepCallback(int subscription, std::shared_ptr<Napi::FunctionReference> callback) {
    if (handle_)
        callbacks_.insert_or_assign(subscription, std::move(callback));
}

} // namespace blockferry
