#include "open_connection.h"

#include <utility>

#include "failure.h"
#include "worker_pool.h"

namespace blockferry {

namespace {

using Tell = std::function<void(int reason)>;

void tellLoss(virConnectPtr, int reason, void *tell) {
    try {
        (*static_cast<Tell *>(tell))(reason);
    } catch (...) {
        // Out of memory: libvirt's event loop goes on, and later calls fail by themselves.
    }
}

void freeTell(void *tell) { std::unique_ptr<Tell>(static_cast<Tell *>(tell)); }

void freeTellEvent(void *tell) { std::unique_ptr<TellEvent>(static_cast<TellEvent *>(tell)); }

class Closing : public Job {
  public:
    explicit Closing(std::unique_ptr<OpenConnection> connection) : connection_(std::move(connection)) {}
    void run() noexcept override { connection_.reset(); }

  private:
    std::unique_ptr<OpenConnection> connection_;
};

struct CloseOnWorker {
    void operator()(OpenConnection *connection) const {
        std::unique_ptr<OpenConnection> owned(connection);
        if (WorkerPool::isWorker())
            return;
        try {
            WorkerPool::longCalls().submit(std::make_shared<Closing>(std::move(owned)));
        } catch (...) {
            // No thread to be had: what was submitted has closed it here.
        }
    }
};

} // namespace

ConnectionHandle OpenConnection::adopt(virConnectPtr raw) {
    return ConnectionHandle(std::make_unique<OpenConnection>(raw).release(), CloseOnWorker());
}

OpenConnection::~OpenConnection() {
    // Callbacks hold a reference, with which closing would not close.
    for (const int subscription : subscriptions_)
        virConnectDomainEventDeregisterAny(raw_, subscription);
    if (tellsLoss_)
        virConnectUnregisterCloseCallback(raw_, tellLoss);
    virConnectClose(raw_);
}

void OpenConnection::onLost(Tell tell) {
    auto owned = std::make_unique<Tell>(std::move(tell));
    tellsLoss_ = virConnectRegisterCloseCallback(raw_, tellLoss, owned.get(), freeTell) == 0;
    if (tellsLoss_)
        static_cast<void>(owned.release());
}

int OpenConnection::subscribe(int kind, virDomainPtr domain, TellEvent tell) {
    auto owned = std::make_unique<TellEvent>(std::move(tell));
    const int subscription = check(virConnectDomainEventRegisterAny(raw_, domain, kind, eventCallback(kind),
                                                                    owned.get(), freeTellEvent));
    static_cast<void>(owned.release());
    const std::lock_guard lock(mutex_);
    subscriptions_.insert(subscription);
    return subscription;
}

void OpenConnection::unsubscribe(int subscription) {
    check(virConnectDomainEventDeregisterAny(raw_, subscription));
    const std::lock_guard lock(mutex_);
    subscriptions_.erase(subscription);
}

} // namespace blockferry
