#include "domain.h"

#include <optional>
#include <string>
#include <utility>

#include "typed_params.h"

namespace blockferry {

namespace {

using OptionalText = std::optional<std::string>;

// A call that gives the domain on the other connection: `work(held, destination)` on a worker.
template <typename Work> Napi::Value migrateTo(Domain &domain, Connection &destination, Work work) {
    const ConnectionHandle &handle = destination.state()->handle();
    if (!handle)
        return rejectClosed(domain.Env(), Kind::Connection);
    return domain.longCall(
        [handle, work = std::move(work)](const DomainHandle &held) mutable {
            return hold(handle, work(held, *handle));
        },
        destination.toChild<Domain>());
}

Napi::Value migrate(Domain &domain, Arguments &arguments) {
    Connection &destination = arguments.instance<Connection>("dest");
    const unsigned int flags = arguments.uint32("flags");
    OptionalText dname = arguments.optionalText("dname");
    OptionalText uri = arguments.optionalText("uri");
    const unsigned long bandwidth = arguments.unsignedLong("bandwidth");
    return migrateTo(domain, destination,
                     [flags, dname = std::move(dname), uri = std::move(uri),
                      bandwidth](const DomainHandle &held, virConnectPtr connection) {
                         return virDomainMigrate(held, connection, flags, orNull(dname), orNull(uri),
                                                 bandwidth);
                     });
}

Napi::Value migrate2(Domain &domain, Arguments &arguments) {
    Connection &destination = arguments.instance<Connection>("dest");
    OptionalText dxml = arguments.optionalText("dxml");
    const unsigned int flags = arguments.uint32("flags");
    OptionalText dname = arguments.optionalText("dname");
    OptionalText uri = arguments.optionalText("uri");
    const unsigned long bandwidth = arguments.unsignedLong("bandwidth");
    return migrateTo(domain, destination,
                     [dxml = std::move(dxml), flags, dname = std::move(dname), uri = std::move(uri),
                      bandwidth](const DomainHandle &held, virConnectPtr connection) {
                         return virDomainMigrate2(held, connection, orNull(dxml), flags, orNull(dname),
                                                  orNull(uri), bandwidth);
                     });
}

Napi::Value migrate3(Domain &domain, Arguments &arguments) {
    Connection &destination = arguments.instance<Connection>("dest");
    TypedParams params = arguments.typedParams("params");
    const unsigned int flags = arguments.uint32("flags");
    return migrateTo(domain, destination,
                     [params = std::move(params), flags](const DomainHandle &held, virConnectPtr connection) {
                         return virDomainMigrate3(held, connection, params.get(),
                                                  static_cast<unsigned int>(params.count()), flags);
                     });
}

Napi::Value migrateToUri(Domain &domain, Arguments &arguments) {
    OptionalText duri = arguments.optionalText("duri");
    const unsigned int flags = arguments.uint32("flags");
    OptionalText dname = arguments.optionalText("dname");
    const unsigned long bandwidth = arguments.unsignedLong("bandwidth");
    return domain.longCall(
        [duri = std::move(duri), flags, dname = std::move(dname), bandwidth](const DomainHandle &held) {
            check(virDomainMigrateToURI(held, orNull(duri), flags, orNull(dname), bandwidth));
        });
}

Napi::Value migrateToUri2(Domain &domain, Arguments &arguments) {
    OptionalText dconnuri = arguments.optionalText("dconnuri");
    OptionalText miguri = arguments.optionalText("miguri");
    OptionalText dxml = arguments.optionalText("dxml");
    const unsigned int flags = arguments.uint32("flags");
    OptionalText dname = arguments.optionalText("dname");
    const unsigned long bandwidth = arguments.unsignedLong("bandwidth");
    return domain.longCall([dconnuri = std::move(dconnuri), miguri = std::move(miguri),
                            dxml = std::move(dxml), flags, dname = std::move(dname),
                            bandwidth](const DomainHandle &held) {
        check(virDomainMigrateToURI2(held, orNull(dconnuri), orNull(miguri), orNull(dxml), flags,
                                     orNull(dname), bandwidth));
    });
}

Napi::Value migrateToUri3(Domain &domain, Arguments &arguments) {
    OptionalText dconnuri = arguments.optionalText("dconnuri");
    TypedParams params = arguments.typedParams("params");
    const unsigned int flags = arguments.uint32("flags");
    return domain.longCall(
        [dconnuri = std::move(dconnuri), params = std::move(params), flags](const DomainHandle &held) {
            check(virDomainMigrateToURI3(held, orNull(dconnuri), params.get(),
                                         static_cast<unsigned int>(params.count()), flags));
        });
}

} // namespace

Domain::Methods domainMigrateMethods() {
    return {
        Domain::method<migrate>("migrate"),
        Domain::method<migrate2>("migrate2"),
        Domain::method<migrate3>("migrate3"),
        Domain::method<migrateToUri>("migrateToUri"),
        Domain::method<migrateToUri2>("migrateToUri2"),
        Domain::method<migrateToUri3>("migrateToUri3"),
    };
}

} // namespace blockferry
