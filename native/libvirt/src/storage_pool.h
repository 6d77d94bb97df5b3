#pragma once

#include <string>

#include "connection.h"

namespace blockferry {

using StoragePoolHandle = Held<virStoragePool>;

class StoragePool : public WrappedChild<StoragePool, virStoragePool> {
  public:
    static constexpr Kind kKind = Kind::Pool;
    static constexpr const char *kName = "BindingPool";
    static Methods methods();

    explicit StoragePool(const Napi::CallbackInfo &info);

    const std::string &name() const { return name_; }
    const std::string &uuid() const { return uuid_; }

  private:
    std::string name_;
    std::string uuid_;
};

} // namespace blockferry
