#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "immortal.h"

namespace blockferry {

// Who is told of something by libvirt's event loop, until it is destroyed. libvirt gets a number and nothing
// to free: some drivers take a callback, ignore it and never free what comes with it, a connection that is
// lost may keep its callback, and a call that fails may have been told of an event before.
template <typename Event> class Listener {
  public:
    using Tell = std::function<void(Event)>;

    explicit Listener(Tell tell) : number_(registry().add(std::move(tell))) {}
    ~Listener() { registry().remove(number_); }
    Listener(const Listener &) = delete;
    Listener &operator=(const Listener &) = delete;

    // What libvirt is to give back to its callback, for `tell`.
    void *opaque() const { return reinterpret_cast<void *>(number_); }
    static void tell(void *opaque, Event event) {
        registry().tell(reinterpret_cast<std::uintptr_t>(opaque), std::move(event));
    }

  private:
    class Registry {
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

        void tell(std::uintptr_t number, Event event) {
            const std::lock_guard lock(mutex_);
            if (const auto found = tells_.find(number); found != tells_.end())
                found->second(std::move(event));
        }

      private:
        std::mutex mutex_;
        std::unordered_map<std::uintptr_t, Tell> tells_;
        std::uintptr_t last_ = 0;
    };

    static Registry &registry() {
        static Immortal<Registry> all;
        return *all;
    }

    std::uintptr_t number_;
};

} // namespace blockferry
