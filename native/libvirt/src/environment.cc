#include "environment.h"

#include <algorithm>
#include <exception>
#include <unistd.h>
#include <utility>
#include <vector>

#include "connection_state.h"
#include "worker_pool.h"

namespace blockferry {

namespace {

// What a callback of the user's threw becomes an uncaught exception, as if a listener of an event emitter
// had.
template <typename ToValue> void raise(napi_env env, ToValue toValue) {
    try {
        napi_fatal_exception(env, toValue());
    } catch (const Napi::Error &) {
        // The environment is being terminated: nobody is left to be told.
    }
}

constexpr std::size_t kShelf = 64 * 1024;
constexpr std::size_t kShelved = kShelf / 8;
constexpr std::size_t kAlignment = 8;

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

Napi::Uint8Array Environment::bytes(std::span<const std::uint8_t> source) {
    if (source.size() > kShelved) {
        Napi::Uint8Array own = Napi::Uint8Array::New(env_, source.size());
        std::ranges::copy(source, own.Data());
        return own;
    }
    if (shelf_.IsEmpty() || shelved_ + source.size() > kShelf) {
        shelf_ = Napi::Reference<Napi::ArrayBuffer>::New(Napi::ArrayBuffer::New(env_, kShelf), 1);
        shelved_ = 0;
    }
    Napi::Uint8Array part = Napi::Uint8Array::New(env_, source.size(), shelf_.Value(), shelved_);
    std::ranges::copy(source, part.Data());
    shelved_ += (source.size() + kAlignment - 1) / kAlignment * kAlignment;
    return part;
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
            raise(env, [&] { return error.Value(); });
        } catch (const std::exception &error) {
            raise(env, [&] { return Napi::Error::New(env, error.what()).Value(); });
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
