#include "domain.h"

#include <optional>

namespace blockferry {

namespace {

Napi::Value blockInfo(Domain &domain, Arguments &arguments) {
    std::string disk = arguments.text("disk");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call(
        [disk = std::move(disk), flags](const DomainHandle &held) {
            virDomainBlockInfo info{};
            check(virDomainGetBlockInfo(held, disk.c_str(), &info, flags));
            return info;
        },
        [](Napi::Env env, virDomainBlockInfo &&info) {
            return record(env, {{"capacity", toJs(env, std::uint64_t{info.capacity})},
                                {"allocation", toJs(env, std::uint64_t{info.allocation})},
                                {"physical", toJs(env, std::uint64_t{info.physical})}});
        });
}

Napi::Value blockJobInfo(Domain &domain, Arguments &arguments) {
    std::string disk = arguments.text("disk");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call(
        [disk = std::move(disk), flags](const DomainHandle &held) -> std::optional<virDomainBlockJobInfo> {
            virDomainBlockJobInfo info{};
            if (check(virDomainGetBlockJobInfo(held, disk.c_str(), &info, flags)) == 0)
                return std::nullopt;
            return info;
        },
        [](Napi::Env env, std::optional<virDomainBlockJobInfo> &&info) -> Napi::Value {
            if (!info)
                return env.Null();
            return record(env, {{"type", toJs(env, info->type)},
                                {"bandwidth", toJs(env, std::uint64_t{info->bandwidth})},
                                {"current", toJs(env, std::uint64_t{info->cur})},
                                {"end", toJs(env, std::uint64_t{info->end})}});
        });
}

// Unless asked not to, it waits until the job has gone.
Napi::Value blockJobAbort(Domain &domain, Arguments &arguments) {
    std::string disk = arguments.text("disk");
    const unsigned int flags = arguments.uint32("flags");
    return domain.longCall([disk = std::move(disk), flags](const DomainHandle &held) {
        check(virDomainBlockJobAbort(held, disk.c_str(), flags));
    });
}

Napi::Value blockJobSetSpeed(Domain &domain, Arguments &arguments) {
    std::string disk = arguments.text("disk");
    const unsigned long bandwidth = arguments.unsignedLong("bandwidth");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([disk = std::move(disk), bandwidth, flags](const DomainHandle &held) {
        check(virDomainBlockJobSetSpeed(held, disk.c_str(), bandwidth, flags));
    });
}

} // namespace

Domain::Methods domainBlockMethods() {
    return {
        Domain::method<blockInfo>("blockInfo"),
        Domain::method<blockJobInfo>("blockJobInfo"),
        Domain::method<blockJobAbort>("blockJobAbort"),
        Domain::method<blockJobSetSpeed>("blockJobSetSpeed"),
    };
}

} // namespace blockferry
