#pragma once

#include <string>

#include "connection.h"
#include "wrapped.h"

namespace blockferry {

using DomainHandle = Held<virDomain>;

class Domain : public WrappedChild<Domain, virDomain> {
  public:
    static constexpr Kind kKind = Kind::Domain;
    static constexpr const char *kName = "BindingDomain";
    static Methods methods();

    explicit Domain(const Napi::CallbackInfo &info);

    const std::string &name() const { return name_; }
    const std::string &uuid() const { return uuid_; }

  private:
    std::string name_;
    std::string uuid_;
};

// Methods by what they are about.
Domain::Methods domainLifecycleMethods();
Domain::Methods domainMigrateMethods();
Domain::Methods domainJobMethods();
Domain::Methods domainBlockMethods();
Domain::Methods domainBackupMethods();
Domain::Methods domainCheckpointMethods();
Domain::Methods domainParameterMethods();
Domain::Methods domainMonitorMethods();

} // namespace blockferry
