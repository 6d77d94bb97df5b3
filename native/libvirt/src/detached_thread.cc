#include "detached_thread.h"

#include <csignal>
#include <thread>
#include <utility>

namespace blockferry {

namespace {

// Threads inherit the mask of the one that makes them.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked &) = delete;
    SignalsBlocked &operator=(const SignalsBlocked &) = delete;

  private:
    sigset_t before_;
};

} // namespace

void startDetachedThread(std::function<void()> body) {
    const SignalsBlocked blocked;
    std::thread(std::move(body)).detach();
}

} // namespace blockferry
