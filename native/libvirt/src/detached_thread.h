#pragma once

#include <functional>

namespace blockferry {

// Starts a thread that nobody joins and that takes no signal: those are for Node's own threads. Throws
// std::system_error.
void startDetachedThread(std::function<void()> body);

} // namespace blockferry
