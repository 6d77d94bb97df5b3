#pragma once

#include <memory>
#include <optional>

#include <libvirt/libvirt.h>

#include "domain_subscriptions.h"
#include "listener.h"

namespace blockferry {

class OpenConnection;

// Shared by a connection's JavaScript object, the objects that came from it, and the calls in flight. The
// last one to let go closes it, always on a worker: closing asks the daemon.
using ConnectionHandle = std::shared_ptr<OpenConnection>;

// A connection to libvirt, closed with all that was registered on it. Made and destroyed on workers only.
class OpenConnection {
  public:
    // Takes over what libvirt opened.
    static ConnectionHandle adopt(virConnectPtr raw);

    explicit OpenConnection(virConnectPtr raw) : raw_(raw), subscriptions_(raw) {}
    ~OpenConnection();
    OpenConnection(const OpenConnection &) = delete;
    OpenConnection &operator=(const OpenConnection &) = delete;

    operator virConnectPtr() const { return raw_; }

    // Has the reason told when the peer is lost: on the event loop's thread, once at most. Drivers that
    // cannot lose a peer never tell.
    void onLost(Listener<int>::Tell tell);

    DomainSubscriptions &subscriptions() { return subscriptions_; }

  private:
    virConnectPtr raw_;
    std::optional<Listener<int>> loss_;
    DomainSubscriptions subscriptions_;
};

} // namespace blockferry
