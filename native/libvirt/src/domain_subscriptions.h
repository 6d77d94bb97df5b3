#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include <libvirt/libvirt.h>

#include "domain_event.h"
#include "listener.h"

namespace blockferry {

// The subscriptions to events of a connection's domains. libvirt takes a function once for a kind and a
// domain, so those who subscribe to the same share what is registered with it. Used on workers.
class DomainSubscriptions {
  public:
    using Tell = Listener<DomainEvent>::Tell;

    // The connection must be open until `clear` or the end.
    explicit DomainSubscriptions(virConnectPtr connection) : connection_(connection) {}
    ~DomainSubscriptions() { clear(); }
    DomainSubscriptions(const DomainSubscriptions &) = delete;
    DomainSubscriptions &operator=(const DomainSubscriptions &) = delete;

    // Has events of a kind told, of one domain or of all; gives a number for `remove`. Throws the failure.
    int add(int kind, virDomainPtr domain, Tell tell);
    // An event that is on its way may be told even after this. Does nothing for a number that is gone; throws
    // the failure.
    void remove(int subscription);
    void clear();

  private:
    // Those who are told of the same; libvirt's event loop comes while workers add and remove.
    class Audience {
      public:
        void add(int subscription, Tell tell);
        // Says whether nobody is left.
        bool remove(int subscription);
        void tell(const DomainEvent &event);

      private:
        std::mutex mutex_;
        std::unordered_map<int, Tell> tells_;
    };

    struct Registration {
        Audience audience;
        Listener<DomainEvent> listener{[this](DomainEvent event) { audience.tell(event); }};
        // libvirt's number.
        int callback = -1;
    };

    // The kind, and the domain's UUID or nothing.
    using Topic = std::pair<int, std::string>;

    virConnectPtr connection_;
    // Held while the peer is asked, so that a topic is registered once.
    std::mutex mutex_;
    std::map<Topic, std::unique_ptr<Registration>> registrations_;
    std::unordered_map<int, Topic> topics_;
    int last_ = 0;
};

} // namespace blockferry
