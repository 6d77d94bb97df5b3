#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

#include <libvirt/libvirt.h>

#include "domain_event.h"

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

    explicit OpenConnection(virConnectPtr raw) : raw_(raw) {}
    ~OpenConnection();
    OpenConnection(const OpenConnection &) = delete;
    OpenConnection &operator=(const OpenConnection &) = delete;

    operator virConnectPtr() const { return raw_; }

    // Has the reason told when the peer is lost: on the event loop's thread, once at most. Drivers that
    // cannot lose a peer never tell.
    void onLost(std::function<void(int reason)> tell);

    // Has events of a kind told, of one domain or of all; gives libvirt's number of the subscription. Throws
    // the failure, as `unsubscribe` does. An event that is on its way may be told after that one.
    int subscribe(int kind, virDomainPtr domain, TellEvent tell);
    void unsubscribe(int subscription);

  private:
    virConnectPtr raw_;
    bool tellsLoss_ = false;
    std::mutex mutex_;
    std::unordered_set<int> subscriptions_;
};

} // namespace blockferry
