#include "domain.h"

namespace blockferry {

namespace {

Napi::Value create(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([flags](const DomainHandle &held) { check(virDomainCreateWithFlags(held, flags)); });
}

Napi::Value destroy(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([flags](const DomainHandle &held) { check(virDomainDestroyFlags(held, flags)); });
}

Napi::Value shutdown(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([flags](const DomainHandle &held) { check(virDomainShutdownFlags(held, flags)); });
}

Napi::Value suspend(Domain &domain, Arguments &) {
    return domain.call([](const DomainHandle &held) { check(virDomainSuspend(held)); });
}

Napi::Value resume(Domain &domain, Arguments &) {
    return domain.call([](const DomainHandle &held) { check(virDomainResume(held)); });
}

Napi::Value undefine(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([flags](const DomainHandle &held) { check(virDomainUndefineFlags(held, flags)); });
}

} // namespace

Domain::Methods domainLifecycleMethods() {
    return {
        Domain::method<create>("create"),     Domain::method<destroy>("destroy"),
        Domain::method<shutdown>("shutdown"), Domain::method<suspend>("suspend"),
        Domain::method<resume>("resume"),     Domain::method<undefine>("undefine"),
    };
}

} // namespace blockferry
