#pragma once

#include <string>

#include "connection.h"

namespace blockferry {

using StorageVolumeHandle = Held<virStorageVol>;

class StorageVolume : public WrappedChild<StorageVolume, virStorageVol> {
  public:
    static constexpr Kind kKind = Kind::Volume;
    static constexpr const char *kName = "BindingVolume";
    static Methods methods();

    explicit StorageVolume(const Napi::CallbackInfo &info);

    const std::string &name() const { return name_; }
    const std::string &key() const { return key_; }

  private:
    std::string name_;
    std::string key_;
};

} // namespace blockferry
