#include "connection.h"

#include <vector>

#include "auth.h"
#include "event_loop.h"

namespace blockferry {

namespace {

struct Options {
    std::optional<std::string> uri;
    bool readOnly;
    std::vector<int> credentialTypes;
};

std::vector<int> toCredentialTypes(const Napi::Value &value) {
    if (!value.IsArray())
        throw wrongType(value, "options.credentialTypes", "array");
    const auto list = value.As<Napi::Array>();
    std::vector<int> types;
    for (std::uint32_t i = 0; i < list.Length(); i++)
        types.push_back(toInt32(list.Get(i), "options.credentialTypes"));
    return types;
}

// On a worker. `toState` delivers what it is given on the environment's thread.
template <typename ToState> ConnectionHandle open(const Options &options, const ToState &toState) {
    startEventLoop();
    Authenticator authenticator(options.credentialTypes, [toState](std::shared_ptr<Question> question) {
        toState([question = std::move(question)](Napi::Env env, ConnectionState &state) {
            state.ask(env, question);
        });
    });
    ConnectionHandle connection = OpenConnection::adopt(check(virConnectOpenAuth(
        orNull(options.uri), options.credentialTypes.empty() ? nullptr : authenticator.get(),
        options.readOnly ? VIR_CONNECT_RO : 0)));
    connection->onLost([toState](int reason) {
        toState([reason](Napi::Env env, ConnectionState &state) { state.lost(env, reason); });
    });
    return connection;
}

// For JavaScript to call while the connection opens.
Napi::Function giveUpFunction(Napi::Env env, const std::shared_ptr<ConnectionState> &state) {
    return Napi::Function::New(env, [weak = std::weak_ptr(state)](const Napi::CallbackInfo &info) {
        if (const auto state = weak.lock())
            Environment::of(info.Env()).giveUp(state);
    });
}

} // namespace

Napi::Value connect(const Napi::CallbackInfo &info) {
    const Napi::Env env = info.Env();
    Arguments arguments(info);
    Options options;
    options.uri = arguments.optionalText("uri");
    const Napi::Object given = arguments.object("options");
    options.readOnly = toBoolean(given.Get("readOnly"), "options.readOnly");
    options.credentialTypes = toCredentialTypes(given.Get("credentialTypes"));
    const auto state = std::make_shared<ConnectionState>();
    if (!options.credentialTypes.empty()) {
        const Napi::Value auth = given.Get("auth");
        if (!auth.IsFunction())
            throw wrongType(auth, "options.auth", "function");
        state->setAuth(auth.As<Napi::Function>());
    }
    const Napi::Value onOpening = given.Get("onOpening");
    if (!onOpening.IsUndefined() && !onOpening.IsFunction())
        throw wrongType(onOpening, "options.onOpening", "function");
    const auto toState = [mailbox = Environment::of(env).mailbox(),
                          weak = std::weak_ptr(state)](auto deliver) {
        mailbox->post([weak, deliver = std::move(deliver)](Environment &environment) {
            if (const auto state = weak.lock())
                deliver(environment.env(), *state);
        });
    };
    const Napi::Promise opening = startCall(
        env, WorkerPool::longCalls(), state,
        [options = std::move(options), toState] { return open(options, toState); },
        [state](Napi::Env env, ConnectionHandle &&handle) {
            state->open(std::move(handle));
            return Connection::make(env, state);
        });
    if (onOpening.IsFunction())
        onOpening.As<Napi::Function>().Call({giveUpFunction(env, state)});
    return opening;
}

} // namespace blockferry
