#include "domain.h"

#include "uuid.h"

namespace blockferry {

namespace {

Napi::Value nameOf(Domain &domain, Arguments &arguments) { return toJs(arguments.env(), domain.name()); }

Napi::Value uuidOf(Domain &domain, Arguments &arguments) { return toJs(arguments.env(), domain.uuid()); }

Napi::Value isClosed(Domain &domain, Arguments &arguments) {
    return toJs(arguments.env(), domain.handle() == nullptr);
}

Napi::Value close(Domain &domain, Arguments &arguments) {
    domain.letGo();
    return arguments.env().Undefined();
}

Napi::Value id(Domain &domain, Arguments &arguments) {
    const auto none = static_cast<unsigned int>(-1);
    const unsigned int id = domain.handle() ? virDomainGetID(*domain.handle()) : none;
    return toJs(arguments.env(), id == none ? -1 : static_cast<int>(id));
}

struct State {
    int state;
    int reason;
};

Napi::Value state(Domain &domain, Arguments &) {
    return domain.call(
        [](const DomainHandle &held) {
            State state{};
            check(virDomainGetState(held, &state.state, &state.reason, 0));
            return state;
        },
        [](Napi::Env env, State &&state) {
            return record(env, {{"state", toJs(env, state.state)}, {"reason", toJs(env, state.reason)}});
        });
}

Napi::Value info(Domain &domain, Arguments &) {
    return domain.call(
        [](const DomainHandle &held) {
            virDomainInfo info{};
            check(virDomainGetInfo(held, &info));
            return info;
        },
        [](Napi::Env env, virDomainInfo &&info) {
            return record(env, {{"state", toJs(env, int{info.state})},
                                {"maxMem", toJs(env, std::uint64_t{info.maxMem})},
                                {"memory", toJs(env, std::uint64_t{info.memory})},
                                {"vcpus", toJs(env, int{info.nrVirtCpu})},
                                {"cpuTime", toJs(env, std::uint64_t{info.cpuTime})}});
        });
}

Napi::Value xml(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call(
        [flags](const DomainHandle &held) { return OwnedText(check(virDomainGetXMLDesc(held, flags))); });
}

Napi::Value isActive(Domain &domain, Arguments &) {
    return domain.call([](const DomainHandle &held) { return check(virDomainIsActive(held)) == 1; });
}

Napi::Value isPersistent(Domain &domain, Arguments &) {
    return domain.call([](const DomainHandle &held) { return check(virDomainIsPersistent(held)) == 1; });
}

} // namespace

// Both are kept by libvirt's object, which asks nobody for them.
Domain::Domain(const Napi::CallbackInfo &info)
    : WrappedChild(info), name_(virDomainGetName(*handle())),
      uuid_(uuidText<virDomain>(*handle(), virDomainGetUUIDString)) {}

Domain::Methods Domain::methods() {
    Methods all{
        getter<nameOf>("name"),
        getter<uuidOf>("uuid"),
        getter<blockferry::isClosed>("isClosed"),
        method<blockferry::close>("close"),
        method<blockferry::id>("id"),
        method<blockferry::state>("state"),
        method<blockferry::info>("info"),
        method<blockferry::xml>("xml"),
        method<blockferry::isActive>("isActive"),
        method<blockferry::isPersistent>("isPersistent"),
    };
    for (const Methods &more :
         {domainLifecycleMethods(), domainMigrateMethods(), domainJobMethods(), domainBlockMethods(),
          domainBackupMethods(), domainCheckpointMethods(), domainParameterMethods(), domainMonitorMethods()})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

} // namespace blockferry
