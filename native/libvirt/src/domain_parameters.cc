#include "domain.h"

#include <cstdint>
#include <vector>

#include "typed_params.h"

namespace blockferry {

namespace {

// libvirt's older way of giving parameters: it fills what room there is, and without any says how many there
// may be. To ask that first would be another question to the peer; so there is room for as many as its
// protocol carries, and only if all of it is taken there may be more.
template <typename Get> std::vector<std::uint8_t> fetched(int room, Get get) {
    for (;;) {
        TypedParams params(room);
        check(get(params.get(), params.outCount()));
        if (params.count() < room)
            return params.toXdr();
        int most = 0;
        check(get(nullptr, &most));
        if (most <= room)
            return params.toXdr();
        room = most;
    }
}

// Source: libvirt, src/remote/remote_protocol.x, REMOTE_DOMAIN_MEMORY_PARAMETERS_MAX and the like.
constexpr int kMostParameters = 16;
constexpr int kMostLimitsOfDisk = 32;

// The functions of a kind of parameters that a domain has.
using Get = int (*)(virDomainPtr, virTypedParameterPtr, int *, unsigned int);
using Set = int (*)(virDomainPtr, virTypedParameterPtr, int, unsigned int);

template <Get get> Napi::Value parameters(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([flags](const DomainHandle &held) {
        return fetched(kMostParameters, [&](virTypedParameterPtr params, int *count) {
            return get(held, params, count, flags);
        });
    });
}

template <Set set> Napi::Value setParameters(Domain &domain, Arguments &arguments) {
    TypedParams params = arguments.typedParams("params");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([params = std::move(params), flags](const DomainHandle &held) {
        check(set(held, params.get(), params.count(), flags));
    });
}

// The scheduler's parameters are counted by a call of their own. Without flags the older call does the same;
// the test driver refuses what libvirt adds to the newer one's.
int getScheduler(virDomainPtr domain, virTypedParameterPtr params, int *count, unsigned int flags) {
    if (params == nullptr) {
        const OwnedText type(virDomainGetSchedulerType(domain, count));
        return type.get() == nullptr ? -1 : 0;
    }
    return flags == 0 ? virDomainGetSchedulerParameters(domain, params, count)
                      : virDomainGetSchedulerParametersFlags(domain, params, count, flags);
}

Napi::Value blockIoTune(Domain &domain, Arguments &arguments) {
    std::string disk = arguments.text("disk");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([disk = std::move(disk), flags](const DomainHandle &held) {
        return fetched(kMostLimitsOfDisk, [&](virTypedParameterPtr params, int *count) {
            return virDomainGetBlockIoTune(held, disk.c_str(), params, count, flags);
        });
    });
}

Napi::Value setBlockIoTune(Domain &domain, Arguments &arguments) {
    std::string disk = arguments.text("disk");
    TypedParams params = arguments.typedParams("params");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([disk = std::move(disk), params = std::move(params), flags](const DomainHandle &held) {
        check(virDomainSetBlockIoTune(held, disk.c_str(), params.get(), params.count(), flags));
    });
}

} // namespace

Domain::Methods domainParameterMethods() {
    return {
        Domain::method<parameters<virDomainGetMemoryParameters>>("memoryParameters"),
        Domain::method<setParameters<virDomainSetMemoryParameters>>("setMemoryParameters"),
        Domain::method<parameters<getScheduler>>("schedulerParameters"),
        Domain::method<setParameters<virDomainSetSchedulerParametersFlags>>("setSchedulerParameters"),
        Domain::method<parameters<virDomainGetBlkioParameters>>("blkioParameters"),
        Domain::method<setParameters<virDomainSetBlkioParameters>>("setBlkioParameters"),
        Domain::method<parameters<virDomainGetNumaParameters>>("numaParameters"),
        Domain::method<setParameters<virDomainSetNumaParameters>>("setNumaParameters"),
        Domain::method<blockIoTune>("blockIoTune"),
        Domain::method<setBlockIoTune>("setBlockIoTune"),
    };
}

} // namespace blockferry
