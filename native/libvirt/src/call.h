#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <libvirt/virterror.h>
#include <napi.h>

#include "convert.h"
#include "environment.h"
#include "failure.h"
#include "worker_pool.h"

namespace blockferry {

// What `work` gives, with nothing for void.
template <typename Work>
using ResultOf =
    std::conditional_t<std::is_void_v<std::invoke_result_t<Work &>>, Nothing, std::invoke_result_t<Work &>>;

// The half of a call that runs on a worker: plain data in, plain data or a failure out, then a letter to the
// environment.
template <typename Work> class Call : public Job {
  public:
    using Result = ResultOf<Work>;

    Call(Work work, std::shared_ptr<Mailbox> mailbox)
        : work_(std::move(work)), mailbox_(std::move(mailbox)) {}

    // The number by which the environment knows the call; set before it is submitted.
    void setId(std::uint64_t id) { id_ = id; }

    void run() noexcept override {
        try {
            if constexpr (std::is_void_v<std::invoke_result_t<Work &>>) {
                (*work_)();
                outcome_.template emplace<1>();
            } else {
                outcome_.template emplace<1>((*work_)());
            }
        } catch (Failure &failure) {
            outcome_.template emplace<2>(std::move(failure));
        } catch (const std::exception &error) {
            outcome_.template emplace<2>(Failure::of(VIR_ERR_INTERNAL_ERROR, error.what()));
        }
        // What the work held is let go of here, where blocking is allowed.
        work_.reset();
        mailbox_->post([id = id_](Environment &environment) { environment.settle(id); });
    }

    Result *result() { return std::get_if<1>(&outcome_); }
    const Failure *failure() const { return std::get_if<2>(&outcome_); }

  private:
    std::optional<Work> work_;
    std::shared_ptr<Mailbox> mailbox_;
    std::uint64_t id_ = 0;
    std::variant<std::monostate, Result, Failure> outcome_;
};

// The half that stays with JavaScript: settles the promise with what the worker brought.
template <typename Work, typename Convert> class PendingCallOf : public PendingCall {
  public:
    PendingCallOf(Napi::Promise::Deferred deferred, WorkerPool &pool, std::shared_ptr<Call<Work>> call,
                  Convert convert)
        : deferred_(deferred), pool_(pool), call_(std::move(call)), convert_(std::move(convert)) {}

    void settle(Napi::Env env) override {
        if (const Failure *failure = call_->failure()) {
            deferred_.Reject(toJs(env, *failure));
            return;
        }
        try {
            deferred_.Resolve(convert_(env, std::move(*call_->result())));
        } catch (const Napi::Error &error) {
            deferred_.Reject(error.Value());
        }
    }

    void giveUp() override { pool_.giveUp(*call_); }

  private:
    Napi::Promise::Deferred deferred_;
    WorkerPool &pool_;
    std::shared_ptr<Call<Work>> call_;
    Convert convert_;
};

// Runs `work()`, a call of that connection, on a thread of the pool; the promise resolves with `convert(env,
// result)`, made on the environment's own thread, or rejects with the failure that `work` threw. `work` must
// hold no JavaScript value.
template <typename Work, typename Convert>
Napi::Promise startCall(Napi::Env env, WorkerPool &pool, std::shared_ptr<ConnectionState> connection,
                        Work work, Convert convert) {
    Environment &environment = Environment::of(env);
    const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
    const auto call = std::make_shared<Call<Work>>(std::move(work), environment.mailbox());
    const std::uint64_t id = environment.expect(
        std::make_unique<PendingCallOf<Work, Convert>>(deferred, pool, call, std::move(convert)),
        std::move(connection));
    call->setId(id);
    try {
        pool.submit(call);
    } catch (const std::exception &error) {
        environment.forget(id);
        deferred.Reject(toJs(env, Failure::of(VIR_ERR_INTERNAL_ERROR, error.what())));
    }
    return deferred.Promise();
}

// The same for a result that has a form in JavaScript of its own.
template <typename Work>
Napi::Promise startCall(Napi::Env env, WorkerPool &pool, std::shared_ptr<ConnectionState> connection,
                        Work work) {
    return startCall(env, pool, std::move(connection), std::move(work),
                     [](Napi::Env env, ResultOf<Work> &&result) { return toJs(env, std::move(result)); });
}

} // namespace blockferry
