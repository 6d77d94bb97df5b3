#include "connection.h"

#include <memory>
#include <utility>

#include "domain.h"
#include "domain_event.h"

namespace blockferry {

namespace {

using Callback = std::shared_ptr<Napi::FunctionReference>;

// Hands events over to the environment's thread. Only that one holds the callback; whatever comes after it
// was let go is dropped there.
DomainSubscriptions::Tell toCallback(Napi::Env env, const Callback &callback) {
    return [mailbox = Environment::of(env).mailbox(), weak = std::weak_ptr(callback)](DomainEvent event) {
        mailbox->post([weak, event = std::move(event)](Environment &environment) {
            if (const Callback callback = weak.lock())
                callback->Call({toJs(environment.env(), event)});
        });
    };
}

Napi::Value onDomainEvent(Connection &connection, Arguments &arguments) {
    const Napi::Env env = arguments.env();
    const int kind = arguments.int32("event");
    Domain *domain = arguments.optionalInstance<Domain>("domain");
    const auto callback =
        std::make_shared<Napi::FunctionReference>(Napi::Persistent(arguments.function("callback")));
    if (eventCallback(kind) == nullptr)
        throw Napi::RangeError::New(env, "expected one of 0, 15, 16, 20 and 21 for event but received " +
                                             std::to_string(kind));
    if (domain != nullptr && !domain->handle())
        return rejectClosed(env, Kind::Domain);
    if (domain != nullptr && domain->connection() != connection.state())
        throw Napi::TypeError::New(env, "expected a domain of the same connection for domain");
    Handle<virDomain> only = domain == nullptr ? nullptr : domain->handle();
    return connection.call(
        [kind, only = std::move(only), tell = toCallback(env, callback)](const ConnectionHandle &handle) {
            return handle->subscriptions().add(kind, only ? static_cast<virDomainPtr>(*only) : nullptr, tell);
        },
        // The pending call holds the callback until then: the first events may be there before.
        [state = connection.state(), callback](Napi::Env env, int &&subscription) {
            state->keepCallback(subscription, callback);
            return toJs(env, subscription);
        });
}

Napi::Value offDomainEvent(Connection &connection, Arguments &arguments) {
    const int subscription = arguments.int32("id");
    connection.state()->dropCallback(subscription);
    return connection.call(
        [subscription](const ConnectionHandle &handle) { handle->subscriptions().remove(subscription); });
}

} // namespace

Connection::Methods connectionEventMethods() {
    return {
        Connection::method<onDomainEvent>("onDomainEvent"),
        Connection::method<offDomainEvent>("offDomainEvent"),
    };
}

} // namespace blockferry
