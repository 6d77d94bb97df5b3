#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <libvirt/libvirt.h>
#include <napi.h>

namespace blockferry {

// What libvirt tells of a domain, as plain data.
struct DomainEvent {
    struct Lifecycle {
        int event;
        int detail;
    };
    struct DeviceRemoved {
        std::string device;
    };
    struct BlockJob {
        std::string disk;
        int type;
        int status;
    };
    struct MigrationIteration {
        int iteration;
    };
    struct JobCompleted {
        std::vector<std::uint8_t> params;
    };

    std::string name;
    std::string uuid;
    int id;
    std::variant<Lifecycle, DeviceRemoved, BlockJob, MigrationIteration, JobCompleted> what;
};

Napi::Value toJs(Napi::Env env, const DomainEvent &event);

// The function to register with libvirt for a kind of event, with a Listener's `opaque`; nothing for kinds
// that are not known here.
virConnectDomainEventGenericCallback eventCallback(int kind);

} // namespace blockferry
