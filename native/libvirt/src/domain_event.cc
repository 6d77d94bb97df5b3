#include "domain_event.h"

#include <span>

#include "convert.h"
#include "listener.h"
#include "typed_params.h"
#include "uuid.h"

namespace blockferry {

namespace {

std::string orEmpty(const char *text) { return text == nullptr ? "" : text; }

// `what` gives the kind's own part of the event. The domain is libvirt's, for as long as the callback runs.
template <typename What> void tell(virDomainPtr domain, void *listener, What what) noexcept {
    try {
        Listener<DomainEvent>::tell(listener,
                                    {virDomainGetName(domain), uuidText(domain, virDomainGetUUIDString),
                                     static_cast<int>(virDomainGetID(domain)), what()});
    } catch (...) {
        // Out of memory: libvirt's event loop goes on.
    }
}

int onLifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void *listener) {
    tell(domain, listener, [=] { return DomainEvent::Lifecycle{event, detail}; });
    return 0;
}

void onDeviceRemoved(virConnectPtr, virDomainPtr domain, const char *device, void *listener) {
    tell(domain, listener, [=] { return DomainEvent::DeviceRemoved{orEmpty(device)}; });
}

void onBlockJob(virConnectPtr, virDomainPtr domain, const char *disk, int type, int status, void *listener) {
    tell(domain, listener, [=] { return DomainEvent::BlockJob{orEmpty(disk), type, status}; });
}

void onMigrationIteration(virConnectPtr, virDomainPtr domain, int iteration, void *listener) {
    tell(domain, listener, [=] { return DomainEvent::MigrationIteration{iteration}; });
}

void onJobCompleted(virConnectPtr, virDomainPtr domain, virTypedParameterPtr params, int count,
                    void *listener) {
    tell(domain, listener, [=] {
        return DomainEvent::JobCompleted{toXdr({params, static_cast<std::size_t>(count)})};
    });
}

void set(Napi::Env env, Napi::Object object, const DomainEvent::Lifecycle &what) {
    object.Set("event", toJs(env, what.event));
    object.Set("detail", toJs(env, what.detail));
}

void set(Napi::Env env, Napi::Object object, const DomainEvent::DeviceRemoved &what) {
    object.Set("device", toJs(env, what.device));
}

void set(Napi::Env env, Napi::Object object, const DomainEvent::BlockJob &what) {
    object.Set("disk", toJs(env, what.disk));
    object.Set("type", toJs(env, what.type));
    object.Set("status", toJs(env, what.status));
}

void set(Napi::Env env, Napi::Object object, const DomainEvent::MigrationIteration &what) {
    object.Set("iteration", toJs(env, what.iteration));
}

void set(Napi::Env env, Napi::Object object, const DomainEvent::JobCompleted &what) {
    object.Set("params", toJs(env, what.params));
}

} // namespace

Napi::Value toJs(Napi::Env env, const DomainEvent &event) {
    const Napi::Object domain = record(
        env, {{"name", toJs(env, event.name)}, {"uuid", toJs(env, event.uuid)}, {"id", toJs(env, event.id)}});
    Napi::Object object = record(env, {{"domain", domain}});
    std::visit([&](const auto &what) { set(env, object, what); }, event.what);
    return object;
}

virConnectDomainEventGenericCallback eventCallback(int kind) {
    switch (kind) {
    case VIR_DOMAIN_EVENT_ID_LIFECYCLE:
        return VIR_DOMAIN_EVENT_CALLBACK(onLifecycle);
    case VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED:
        return VIR_DOMAIN_EVENT_CALLBACK(onDeviceRemoved);
    case VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2:
        return VIR_DOMAIN_EVENT_CALLBACK(onBlockJob);
    case VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION:
        return VIR_DOMAIN_EVENT_CALLBACK(onMigrationIteration);
    case VIR_DOMAIN_EVENT_ID_JOB_COMPLETED:
        return VIR_DOMAIN_EVENT_CALLBACK(onJobCompleted);
    default:
        return nullptr;
    }
}

} // namespace blockferry
