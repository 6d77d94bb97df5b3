#pragma once

namespace blockferry {

// Makes libvirt ready: its default event loop runs on a thread of its own from here on, and it prints no
// errors. Whoever opens a connection calls this first; all but the first call do nothing. Throws Failure.
void startEventLoop();

} // namespace blockferry
