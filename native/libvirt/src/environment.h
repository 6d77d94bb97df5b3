#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>

#include <napi.h>

#include "mailbox.h"

namespace blockferry {

class ConnectionState;

// The classes that JavaScript sees.
enum class Kind : std::size_t { Connection, Domain, Checkpoint, Pool, Volume };
inline constexpr std::size_t kKinds = 5;

// The name by which a closed object is reported.
const char *kindName(Kind kind);

// A promise that waits for a worker. Lives on its environment's thread only, so that it may hold JavaScript
// values.
class PendingCall {
  public:
    virtual ~PendingCall() = default;
    virtual void settle(Napi::Env env) = 0;
    // See WorkerPool.
    virtual void giveUp() = 0;
};

// What the addon keeps for each environment, which is Node's main thread or one of its worker threads.
class Environment {
  public:
    explicit Environment(Napi::Env env);
    Environment(const Environment &) = delete;
    Environment &operator=(const Environment &) = delete;

    static Environment &of(Napi::Env env);

    Napi::Env env() const { return env_; }
    // Shared with the threads that have something to tell.
    const std::shared_ptr<Mailbox> &mailbox() const { return mailbox_; }

    // Notes a call of that connection; until it is settled the environment stays alive.
    std::uint64_t expect(std::unique_ptr<PendingCall> call, std::shared_ptr<ConnectionState> connection);
    // Takes the note back, for a call that did not get under way.
    std::unique_ptr<PendingCall> forget(std::uint64_t id);
    void settle(std::uint64_t id);
    // The calls of a connection keep the environment alive no more, nor count as threads.
    void giveUp(const std::shared_ptr<ConnectionState> &connection);

    // What a constructor that the addon calls is to take; nobody else can give one.
    void setSeed(void *seed) { seed_ = seed; }
    void *takeSeed() { return std::exchange(seed_, nullptr); }

    // A copy of the bytes for JavaScript. Small ones share a buffer, which is never written to again where
    // they are: making one for each costs more than all else about it.
    Napi::Uint8Array bytes(std::span<const std::uint8_t> source);

    Napi::FunctionReference &classOf(Kind kind) { return classes_[static_cast<std::size_t>(kind)]; }

  private:
    struct Pending {
        std::unique_ptr<PendingCall> call;
        std::shared_ptr<ConnectionState> connection;
        bool isGivenUp = false;
    };

    void keepAlive();
    void keepAliveNoMore();
    static void deliver(napi_env env, napi_value callback, void *environment, void *data);
    static void leave(void *environment);

    Napi::Env env_;
    napi_threadsafe_function bell_ = nullptr;
    std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
    std::unordered_map<std::uint64_t, Pending> pending_;
    // Calls that keep the environment alive.
    std::size_t waitedFor_ = 0;
    std::uint64_t lastCall_ = 0;
    std::array<Napi::FunctionReference, kKinds> classes_;
    Napi::Reference<Napi::ArrayBuffer> shelf_;
    std::size_t shelved_ = 0;
    void *seed_ = nullptr;
};

} // namespace blockferry
