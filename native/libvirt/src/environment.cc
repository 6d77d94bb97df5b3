#include "environment.h"

#include <exception>
#include <unistd.h>
#include <utility>
#include <vector>

#include "connection_state.h"
#include "worker_pool.h"

namespace blockferry {

namespace {

void orThrow(napi_env env, napi_status status) {
    if (status != napi_ok)
        throw Napi::Error::New(env);
}

} // namespace

const char *kindName(Kind kind) {
    constexpr std::array<const char *, kKinds> names{"connection", "domain", "checkpoint", "pool", "volume"};
    return names[static_cast<std::size_t>(kind)];
}

Environment::Environment(Napi::Env env) : env_(env) {
    const Napi::String name = Napi::String::New(env, "blockferry:libvirt");
    orThrow(env, napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                                 deliver, &bell_));
    // Only calls in flight keep the environment alive.
    orThrow(env, napi_unref_threadsafe_function(env, bell_));
    mailbox_->open(bell_);
    // Hooks run last added first: ours closes the mailbox before Node's takes the bell down.
    orThrow(env, napi_add_env_cleanup_hook(env, leave, this));
}

Environment &Environment::of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

std::uint64_t Environment::expect(std::unique_ptr<PendingCall> call,
                                  std::shared_ptr<ConnectionState> connection) {
    pending_.emplace(++lastCall_, Pending{std::move(call), std::move(connection)});
    keepAlive();
    return lastCall_;
}

std::unique_ptr<PendingCall> Environment::forget(std::uint64_t id) {
    auto node = pending_.extract(id);
    if (node.empty())
        return nullptr;
    if (!node.mapped().isGivenUp)
        keepAliveNoMore();
    return std::move(node.mapped().call);
}

void Environment::settle(std::uint64_t id) {
    if (const std::unique_ptr<PendingCall> call = forget(id))
        call->settle(env_);
}

void Environment::giveUp(const std::shared_ptr<ConnectionState> &connection) {
    for (auto &[id, pending] : pending_) {
        if (pending.connection != connection || std::exchange(pending.isGivenUp, true))
            continue;
        pending.call->giveUp();
        keepAliveNoMore();
    }
}

void Environment::keepAlive() {
    if (waitedFor_++ == 0)
        napi_ref_threadsafe_function(env_, bell_);
}

void Environment::keepAliveNoMore() {
    if (--waitedFor_ == 0)
        napi_unref_threadsafe_function(env_, bell_);
}

void Environment::deliver(napi_env env, napi_value, void *environment, void *) {
    // Without an environment the bell is being taken down.
    if (env == nullptr)
        return;
    Environment &self = *static_cast<Environment *>(environment);
    for (const Letter &letter : self.mailbox_->take()) {
        const Napi::HandleScope scope(env);
        try {
            letter(self);
        } catch (const Napi::Error &error) {
            // Thrown by a callback of the user's: as if a listener of an event emitter had.
            napi_fatal_exception(env, error.Value());
        } catch (const std::exception &error) {
            napi_fatal_exception(env, Napi::Error::New(env, error.what()).Value());
        }
    }
}

void Environment::leave(void *environment) {
    Environment &self = *static_cast<Environment *>(environment);
    self.mailbox_->close();
    self.pending_.clear();
    // The main thread's environment ends with the process.
    if (::gettid() == ::getpid())
        WorkerPool::endWithProcess();
}

} // namespace blockferry
