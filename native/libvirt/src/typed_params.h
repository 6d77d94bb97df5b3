#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <libvirt/libvirt.h>

#include "xdr.h"

namespace blockferry {

// Typed parameters as XDR bytes. What libvirt left unset in an array with room for more is left out. Source:
// libvirt, src/remote/remote_protocol.x, struct remote_typed_param.
std::vector<std::uint8_t> toXdr(std::span<const virTypedParameter> params);

// An array of libvirt's typed parameters, in libvirt's memory; a name may occur more than once, and the order
// is kept.
class TypedParams {
  public:
    TypedParams() = default;
    // Room for so many, for calls that fill the caller's array.
    explicit TypedParams(int count);
    ~TypedParams() { virTypedParamsFree(params_, count_); }
    TypedParams(TypedParams &&other) noexcept
        : params_(std::exchange(other.params_, nullptr)), count_(std::exchange(other.count_, 0)) {}
    TypedParams &operator=(TypedParams &&other) noexcept {
        std::swap(params_, other.params_);
        std::swap(count_, other.count_);
        return *this;
    }

    // Throws XdrFault.
    static TypedParams fromXdr(std::span<const std::uint8_t> bytes);
    std::vector<std::uint8_t> toXdr() const {
        return blockferry::toXdr({params_, static_cast<std::size_t>(count_)});
    }

    virTypedParameterPtr get() const { return params_; }
    int count() const { return count_; }
    // For calls that make the array, and for those that say how much of the caller's they have filled.
    virTypedParameterPtr *outParams() { return &params_; }
    int *outCount() { return &count_; }

  private:
    virTypedParameterPtr params_ = nullptr;
    int count_ = 0;
};

} // namespace blockferry
