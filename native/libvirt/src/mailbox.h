#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include <node_api.h>

namespace blockferry {

class Environment;

// What is to be done on the thread of an environment. It may be dropped undone, on any thread: it holds no
// JavaScript value.
using Letter = std::function<void(Environment &)>;

// Where other threads leave letters for an environment. It outlives the environment for whoever still has
// letters.
class Mailbox {
  public:
    // The bell wakes the environment's thread; it is rung once for all letters that have come since the last
    // time.
    void open(napi_threadsafe_function bell);
    // From now on letters are dropped, those that lie here too.
    void close();

    // From any thread.
    void post(Letter letter);
    std::vector<Letter> take();

  private:
    std::mutex mutex_;
    napi_threadsafe_function bell_ = nullptr;
    std::vector<Letter> letters_;
};

} // namespace blockferry
