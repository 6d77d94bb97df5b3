#pragma once

#include <new>

namespace blockferry {

// A value that lives as long as the process: never destroyed, for detached threads may use it until the very
// end.
template <typename T> class Immortal {
  public:
    template <typename... Args> explicit Immortal(Args &&...args) {
        ::new (storage_) T(static_cast<Args &&>(args)...);
    }
    Immortal(const Immortal &) = delete;
    Immortal &operator=(const Immortal &) = delete;

    T &operator*() { return *std::launder(reinterpret_cast<T *>(storage_)); }

  private:
    alignas(T) unsigned char storage_[sizeof(T)];
};

} // namespace blockferry
