#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <napi.h>

#include "auth.h"
#include "open_connection.h"

namespace blockferry {

// An object that came from a connection, and is closed with it.
class ConnectionChild {
  public:
    virtual ~ConnectionChild() = default;
    virtual void letGo() = 0;
};

// What a connection's JavaScript object and its children share. Lives on the environment's thread only; other
// threads may hold weak pointers to hand back to it.
class ConnectionState {
  public:
    // Nothing, once closed.
    const ConnectionHandle &handle() const { return handle_; }
    void open(ConnectionHandle handle);
    // Closes all children, and gives the handle for a worker to let go of.
    ConnectionHandle close();

    void add(ConnectionChild *child) { children_.insert(child); }
    void remove(ConnectionChild *child) { children_.erase(child); }

    // The user's function that answers what the connection asks for while it opens.
    void setAuth(Napi::Function ask) { auth_ = Napi::Persistent(ask); }
    void ask(Napi::Env env, const std::shared_ptr<Question> &question);

    // Who is told that the peer was lost; at once if it was already.
    void onLost(Napi::Env env, Napi::Function callback);
    void lost(Napi::Env env, int reason);

    // Holds the function that is told of a subscription's events until it is dropped, or all are by `close`.
    void keepCallback(int subscription, std::shared_ptr<Napi::FunctionReference> callback);
    void dropCallback(int subscription) { callbacks_.erase(subscription); }

  private:
    ConnectionHandle handle_;
    std::unordered_set<ConnectionChild *> children_;
    Napi::FunctionReference auth_;
    Napi::FunctionReference lostCallback_;
    std::optional<int> lostReason_;
    std::unordered_map<int, std::shared_ptr<Napi::FunctionReference>> callbacks_;
};

} // namespace blockferry
