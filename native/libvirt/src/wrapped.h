#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <napi.h>

#include "arguments.h"
#include "call.h"
#include "connection_state.h"
#include "environment.h"
#include "held.h"

namespace blockferry {

// A rejected promise that says what is closed already.
Napi::Promise rejectClosed(Napi::Env env, Kind kind);

// A class that only the addon makes objects of. `Class` has a `kKind`, a `kName`, a type `Seed` that its
// constructor takes from `seed`, and a `methods()`.
template <typename Class> class Wrapped : public Napi::ObjectWrap<Class> {
  public:
    using Methods = std::vector<Napi::ClassPropertyDescriptor<Class>>;
    using Body = Napi::Value (*)(Class &, Arguments &);

    static void define(Napi::Env env) {
        Environment::of(env).classOf(Class::kKind) =
            Napi::Persistent(Wrapped::DefineClass(env, Class::kName, Class::methods()));
    }

    template <typename Seed> static Napi::Value make(Napi::Env env, Seed seed) {
        Environment &environment = Environment::of(env);
        environment.setSeed(&seed);
        return environment.classOf(Class::kKind).New({});
    }

    // A method of JavaScript's, made of a function.
    template <Body body> static Napi::ClassPropertyDescriptor<Class> method(const char *name) {
        return Wrapped::InstanceMethod(name, &Class::template invoke<body>);
    }
    // A property that is read only.
    template <Body body> static Napi::ClassPropertyDescriptor<Class> getter(const char *name) {
        return Wrapped::InstanceAccessor(name, &Class::template invoke<body>, nullptr, napi_enumerable);
    }

    template <Body body> Napi::Value invoke(const Napi::CallbackInfo &info) {
        Arguments arguments(info);
        return body(static_cast<Class &>(*this), arguments);
    }

  protected:
    explicit Wrapped(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Class>(info) {
        tag(info.This().As<Napi::Object>(), Class::kKind);
    }

    // What `make` was given; a user who calls the constructor gives nothing.
    template <typename Seed> static Seed &seedOf(const Napi::CallbackInfo &info) {
        void *seed = Environment::of(info.Env()).takeSeed();
        if (seed == nullptr)
            throw Napi::TypeError::New(info.Env(), std::string(Class::kName) +
                                                       " is not for calling: connect() leads to one");
        return *static_cast<Seed *>(seed);
    }
};

// The JavaScript object of a libvirt object that came from a connection.
template <typename Class, typename Raw> class WrappedChild : public Wrapped<Class>, public ConnectionChild {
  public:
    static Napi::Value wrap(Napi::Env env, std::shared_ptr<ConnectionState> connection, Handle<Raw> handle) {
        // It may have been closed while the call that led here was in flight; then so is the object, from the
        // start.
        const bool isOpen = connection->handle() != nullptr;
        const Napi::Value object = Class::make(env, Seed{std::move(connection), std::move(handle)});
        if (!isOpen)
            Class::Unwrap(object.As<Napi::Object>())->letGo();
        return object;
    }

    ~WrappedChild() override { connection_->remove(this); }

    // Nothing, once closed.
    const Handle<Raw> &handle() const { return handle_; }
    const std::shared_ptr<ConnectionState> &connection() const { return connection_; }
    void letGo() override { handle_.reset(); }

    // Runs `work(held)` on a worker; see startCall.
    template <typename Work, typename... Convert> Napi::Promise call(Work work, Convert... convert) {
        return callOn(WorkerPool::shortCalls(), std::move(work), std::move(convert)...);
    }
    // The same for what may take minutes.
    template <typename Work, typename... Convert> Napi::Promise longCall(Work work, Convert... convert) {
        return callOn(WorkerPool::longCalls(), std::move(work), std::move(convert)...);
    }

  protected:
    explicit WrappedChild(const Napi::CallbackInfo &info)
        : WrappedChild(info, Wrapped<Class>::template seedOf<Seed>(info)) {}

  private:
    struct Seed {
        std::shared_ptr<ConnectionState> connection;
        Handle<Raw> handle;
    };

    WrappedChild(const Napi::CallbackInfo &info, Seed &seed)
        : Wrapped<Class>(info), connection_(std::move(seed.connection)), handle_(std::move(seed.handle)) {
        connection_->add(this);
    }

    template <typename Work, typename... Convert>
    Napi::Promise callOn(WorkerPool &pool, Work work, Convert... convert) {
        if (!handle_)
            return rejectClosed(this->Env(), Class::kKind);
        return startCall(
            this->Env(), pool, connection_,
            [held = handle_, work = std::move(work)]() mutable { return work(*held); },
            std::move(convert)...);
    }

    std::shared_ptr<ConnectionState> connection_;
    Handle<Raw> handle_;
};

} // namespace blockferry
