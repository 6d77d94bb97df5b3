#pragma once

#include <string>

#include "connection.h"

namespace blockferry {

using CheckpointHandle = Held<virDomainCheckpoint>;

class Checkpoint : public WrappedChild<Checkpoint, virDomainCheckpoint> {
  public:
    static constexpr Kind kKind = Kind::Checkpoint;
    static constexpr const char *kName = "BindingCheckpoint";
    static Methods methods();

    explicit Checkpoint(const Napi::CallbackInfo &info);

    const std::string &name() const { return name_; }

  private:
    std::string name_;
};

} // namespace blockferry
