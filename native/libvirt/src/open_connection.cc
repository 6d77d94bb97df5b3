#include "open_connection.h"

#include <utility>

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
    // The callback holds a reference, with which closing would not close.
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

} // namespace blockferry
