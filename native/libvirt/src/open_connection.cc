#include "open_connection.h"

#include <utility>

#include "worker_pool.h"

namespace blockferry {

namespace {

void tellLoss(virConnectPtr, int reason, void *listener) {
    try {
        Listener<int>::tell(listener, reason);
    } catch (...) {
        // Out of memory: libvirt's event loop goes on, and later calls fail by themselves.
    }
}

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
    subscriptions_.clear();
    if (loss_)
        virConnectUnregisterCloseCallback(raw_, tellLoss);
    virConnectClose(raw_);
}

void OpenConnection::onLost(Listener<int>::Tell tell) {
    loss_.emplace(std::move(tell));
    virConnectRegisterCloseCallback(raw_, tellLoss, loss_->opaque(), nullptr);
}

} // namespace blockferry
