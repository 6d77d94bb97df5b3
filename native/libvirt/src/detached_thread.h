#pragma once

#include <functional>

namespace blockferry {

// Starts a thread that nobody joins and that takes no signal: those are for Node's own threads. Its name has
// at most 15 characters. Throws std::system_error.
void startDetachedThread(const char *name, std::function<void()> body);

} // namespace blockferry
