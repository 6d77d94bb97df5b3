#include "open_connection.h"

#include <mutex>
#include <unordered_map>
#include <utility>

#include "failure.h"
#include "immortal.h"
#include "worker_pool.h"

namespace blockferry {

namespace {

using Tell = std::function<void(int reason)>;

// Who is told of a loss, by number. libvirt gets the number and nothing to free: some drivers take a
// callback, ignore it and never free what comes with it, and a connection that is lost may keep its callback.
class Listeners {
  public:
    std::uintptr_t add(Tell tell) {
        const std::lock_guard lock(mutex_);
        tells_.emplace(++last_, std::move(tell));
        return last_;
    }

    void remove(std::uintptr_t number) {
        const std::lock_guard lock(mutex_);
        tells_.erase(number);
    }

    void tell(std::uintptr_t number, int reason) {
        const std::lock_guard lock(mutex_);
        if (const auto found = tells_.find(number); found != tells_.end())
            found->second(reason);
    }

  private:
    std::mutex mutex_;
    std::unordered_map<std::uintptr_t, Tell> tells_;
    std::uintptr_t last_ = 0;
};

Listeners &listeners() {
    static Immortal<Listeners> all;
    return *all;
}

void tellLoss(virConnectPtr, int reason, void *number) {
    try {
        listeners().tell(reinterpret_cast<std::uintptr_t>(number), reason);
    } catch (...) {
        // Out of memory: libvirt's event loop goes on, and later calls fail by themselves.
    }
}

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
    if (listener_ != 0) {
        virConnectUnregisterCloseCallback(raw_, tellLoss);
        listeners().remove(listener_);
    }
    virConnectClose(raw_);
}

void OpenConnection::onLost(Tell tell) {
    listener_ = listeners().add(std::move(tell));
    virConnectRegisterCloseCallback(raw_, tellLoss, reinterpret_cast<void *>(listener_), nullptr);
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
