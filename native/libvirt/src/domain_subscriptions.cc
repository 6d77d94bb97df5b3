#include "domain_subscriptions.h"

#include "failure.h"
#include "uuid.h"

namespace blockferry {

int DomainSubscriptions::add(int kind, virDomainPtr domain, Tell tell) {
    const Topic topic{kind, domain == nullptr ? "" : uuidText(domain, virDomainGetUUIDString)};
    const std::lock_guard lock(mutex_);
    const int subscription = ++last_;
    if (const auto found = registrations_.find(topic); found != registrations_.end()) {
        found->second->audience.add(subscription, std::move(tell));
    } else {
        auto registration = std::make_unique<Registration>();
        registration->audience.add(subscription, std::move(tell));
        registration->callback = check(virConnectDomainEventRegisterAny(
            connection_, domain, kind, eventCallback(kind), registration->listener.opaque(), nullptr));
        registrations_.emplace(topic, std::move(registration));
    }
    topics_.emplace(subscription, topic);
    return subscription;
}

void DomainSubscriptions::remove(int subscription) {
    const std::lock_guard lock(mutex_);
    const auto topic = topics_.extract(subscription);
    if (topic.empty())
        return;
    const auto found = registrations_.find(topic.mapped());
    if (!found->second->audience.remove(subscription))
        return;
    const auto registration = registrations_.extract(found);
    check(virConnectDomainEventDeregisterAny(connection_, registration.mapped()->callback));
}

void DomainSubscriptions::clear() {
    const std::lock_guard lock(mutex_);
    for (const auto &[topic, registration] : registrations_)
        virConnectDomainEventDeregisterAny(connection_, registration->callback);
    registrations_.clear();
    topics_.clear();
}

void DomainSubscriptions::Audience::add(int subscription, Tell tell) {
    const std::lock_guard lock(mutex_);
    tells_.emplace(subscription, std::move(tell));
}

bool DomainSubscriptions::Audience::remove(int subscription) {
    const std::lock_guard lock(mutex_);
    tells_.erase(subscription);
    return tells_.empty();
}

void DomainSubscriptions::Audience::tell(const DomainEvent &event) {
    const std::lock_guard lock(mutex_);
    for (const auto &[subscription, tell] : tells_)
        tell(event);
}

} // namespace blockferry
