#include "domain.h"

#include <cstdint>
#include <vector>

#include "typed_params.h"

namespace blockferry {

namespace {

Napi::Value jobInfo(Domain &domain, Arguments &) {
    return domain.call(
        [](const DomainHandle &held) {
            virDomainJobInfo info{};
            check(virDomainGetJobInfo(held, &info));
            return info;
        },
        [](Napi::Env env, virDomainJobInfo &&info) {
            const auto count = [env](unsigned long long value) { return toJs(env, std::uint64_t{value}); };
            return record(env, {{"type", toJs(env, info.type)},
                                {"timeElapsed", count(info.timeElapsed)},
                                {"timeRemaining", count(info.timeRemaining)},
                                {"dataTotal", count(info.dataTotal)},
                                {"dataProcessed", count(info.dataProcessed)},
                                {"dataRemaining", count(info.dataRemaining)},
                                {"memTotal", count(info.memTotal)},
                                {"memProcessed", count(info.memProcessed)},
                                {"memRemaining", count(info.memRemaining)},
                                {"fileTotal", count(info.fileTotal)},
                                {"fileProcessed", count(info.fileProcessed)},
                                {"fileRemaining", count(info.fileRemaining)}});
        });
}

struct JobStats {
    int type;
    std::vector<std::uint8_t> params;
};

Napi::Value jobStats(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call(
        [flags](const DomainHandle &held) {
            int type = 0;
            TypedParams params;
            check(virDomainGetJobStats(held, &type, params.outParams(), params.outCount(), flags));
            return JobStats{type, params.toXdr()};
        },
        [](Napi::Env env, JobStats &&stats) {
            return record(env, {{"type", toJs(env, stats.type)}, {"params", toJs(env, stats.params)}});
        });
}

Napi::Value abortJob(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([flags](const DomainHandle &held) {
#if LIBVIR_CHECK_VERSION(8, 5, 0)
        check(virDomainAbortJobFlags(held, flags));
#else
        if (flags != 0)
            throw Failure::of(VIR_ERR_ARGUMENT_UNSUPPORTED, "flags of an abort need libvirt 8.5.0");
        check(virDomainAbortJob(held));
#endif
    });
}

Napi::Value migrateSetMaxSpeed(Domain &domain, Arguments &arguments) {
    const unsigned long mibPerSecond = arguments.unsignedLong("mibPerSecond");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([mibPerSecond, flags](const DomainHandle &held) {
        check(virDomainMigrateSetMaxSpeed(held, mibPerSecond, flags));
    });
}

Napi::Value migrateMaxSpeed(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([flags](const DomainHandle &held) {
        unsigned long mibPerSecond = 0;
        check(virDomainMigrateGetMaxSpeed(held, &mibPerSecond, flags));
        return std::uint64_t{mibPerSecond};
    });
}

Napi::Value migrateSetMaxDowntime(Domain &domain, Arguments &arguments) {
    const std::uint64_t ms = arguments.uint64("ms");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call(
        [ms, flags](const DomainHandle &held) { check(virDomainMigrateSetMaxDowntime(held, ms, flags)); });
}

Napi::Value migrateMaxDowntime(Domain &domain, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([flags](const DomainHandle &held) {
        unsigned long long ms = 0;
        check(virDomainMigrateGetMaxDowntime(held, &ms, flags));
        return std::uint64_t{ms};
    });
}

} // namespace

Domain::Methods domainJobMethods() {
    return {
        Domain::method<jobInfo>("jobInfo"),
        Domain::method<jobStats>("jobStats"),
        Domain::method<abortJob>("abortJob"),
        Domain::method<migrateSetMaxSpeed>("migrateSetMaxSpeed"),
        Domain::method<migrateMaxSpeed>("migrateMaxSpeed"),
        Domain::method<migrateSetMaxDowntime>("migrateSetMaxDowntime"),
        Domain::method<migrateMaxDowntime>("migrateMaxDowntime"),
    };
}

} // namespace blockferry
