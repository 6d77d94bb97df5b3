#include "connection.h"

namespace blockferry {

namespace {

Napi::Value isClosed(Connection &connection, Arguments &arguments) {
    return toJs(arguments.env(), connection.state()->handle() == nullptr);
}

Napi::Value close(Connection &connection, Arguments &arguments) {
    return startCall(arguments.env(), WorkerPool::longCalls(), connection.state(),
                     [handle = connection.state()->close()]() mutable { handle.reset(); });
}

Napi::Value giveUp(Connection &connection, Arguments &arguments) {
    Environment::of(arguments.env()).giveUp(connection.state());
    return arguments.env().Undefined();
}

Napi::Value onClose(Connection &connection, Arguments &arguments) {
    connection.state()->onLost(arguments.env(), arguments.function("callback"));
    return arguments.env().Undefined();
}

Napi::Value uri(Connection &connection, Arguments &) {
    return connection.call(
        [](const ConnectionHandle &handle) { return OwnedText(check(virConnectGetURI(*handle))); });
}

Napi::Value hostname(Connection &connection, Arguments &) {
    return connection.call(
        [](const ConnectionHandle &handle) { return OwnedText(check(virConnectGetHostname(*handle))); });
}

Napi::Value type(Connection &connection, Arguments &) {
    return connection.call(
        [](const ConnectionHandle &handle) { return std::string(check(virConnectGetType(*handle))); });
}

Napi::Value capabilities(Connection &connection, Arguments &) {
    return connection.call(
        [](const ConnectionHandle &handle) { return OwnedText(check(virConnectGetCapabilities(*handle))); });
}

Napi::Value libraryVersion(Connection &connection, Arguments &) {
    return connection.call([](const ConnectionHandle &handle) {
        unsigned long version = 0;
        check(virConnectGetLibVersion(*handle, &version));
        return static_cast<unsigned int>(version);
    });
}

Napi::Value hypervisorVersion(Connection &connection, Arguments &) {
    return connection.call([](const ConnectionHandle &handle) {
        unsigned long version = 0;
        check(virConnectGetVersion(*handle, &version));
        return static_cast<unsigned int>(version);
    });
}

Napi::Value isAlive(Connection &connection, Arguments &) {
    return connection.call(
        [](const ConnectionHandle &handle) { return check(virConnectIsAlive(*handle)) == 1; });
}

Napi::Value isSecure(Connection &connection, Arguments &) {
    return connection.call(
        [](const ConnectionHandle &handle) { return check(virConnectIsSecure(*handle)) == 1; });
}

Napi::Value isEncrypted(Connection &connection, Arguments &) {
    return connection.call(
        [](const ConnectionHandle &handle) { return check(virConnectIsEncrypted(*handle)) == 1; });
}

Napi::Value setKeepAlive(Connection &connection, Arguments &arguments) {
    const int interval = arguments.int32("intervalSeconds");
    const unsigned int count = arguments.uint32("count");
    return connection.call([interval, count](const ConnectionHandle &handle) {
        // 1: the peer does not know how.
        return check(virConnectSetKeepAlive(*handle, interval, count)) == 0;
    });
}

} // namespace

Connection::Methods Connection::methods() {
    Methods all{
        getter<blockferry::isClosed>("isClosed"),
        method<blockferry::close>("close"),
        method<blockferry::giveUp>("giveUp"),
        method<blockferry::onClose>("onClose"),
        method<blockferry::uri>("uri"),
        method<blockferry::hostname>("hostname"),
        method<blockferry::type>("type"),
        method<blockferry::capabilities>("capabilities"),
        method<blockferry::libraryVersion>("libraryVersion"),
        method<blockferry::hypervisorVersion>("hypervisorVersion"),
        method<blockferry::isAlive>("isAlive"),
        method<blockferry::isSecure>("isSecure"),
        method<blockferry::isEncrypted>("isEncrypted"),
        method<blockferry::setKeepAlive>("setKeepAlive"),
    };
    for (const Methods &more : {connectionDomainMethods(), connectionStorageMethods(),
                                connectionStatsMethods(), connectionEventMethods()})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

} // namespace blockferry
