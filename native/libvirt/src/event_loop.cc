#include "event_loop.h"

#include <chrono>
#include <mutex>
#include <thread>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "detached_thread.h"
#include "failure.h"
#include "immortal.h"

namespace blockferry {

namespace {

constexpr std::chrono::milliseconds kPauseAfterFailure{100};

void ignoreError(void *, virErrorPtr) {}

void runForever() {
    for (;;) {
        // The loop's own faults concern no call; the pause keeps a lasting one from taking a whole core.
        if (virEventRunDefaultImpl() < 0)
            std::this_thread::sleep_for(kPauseAfterFailure);
    }
}

void start() {
    // Errors are data here; libvirt's default prints them.
    virSetErrorFunc(nullptr, ignoreError);
    check(virInitialize());
    check(virEventRegisterDefaultImpl());
    startDetachedThread("libvirt-events", runForever);
}

} // namespace

void startEventLoop() {
    static Immortal<std::once_flag> once;
    std::call_once(*once, start);
}

} // namespace blockferry
