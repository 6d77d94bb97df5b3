#include "connection.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "domain.h"
#include "typed_params.h"

namespace blockferry {

namespace {

struct DomainStats {
    Handle<virDomain> domain;
    std::vector<std::uint8_t> params;
};

struct FreeRecords {
    void operator()(virDomainStatsRecordPtr *records) const { virDomainStatsRecordListFree(records); }
};

std::vector<DomainStats> allStats(const ConnectionHandle &handle, unsigned int types, unsigned int flags) {
    virDomainStatsRecordPtr *list = nullptr;
    const int count = check(virConnectGetAllDomainStats(*handle, types, &list, flags));
    const std::unique_ptr<virDomainStatsRecordPtr, FreeRecords> owned(list);
    std::vector<DomainStats> all;
    all.reserve(static_cast<std::size_t>(count));
    for (const virDomainStatsRecordPtr one : std::span(list, static_cast<std::size_t>(count))) {
        // The record keeps its own reference.
        check(virDomainRef(one->dom));
        all.push_back({hold(handle, one->dom), toXdr({one->params, static_cast<std::size_t>(one->nparams)})});
    }
    return all;
}

Napi::Value stats(Connection &connection, Arguments &arguments) {
    const unsigned int types = arguments.uint32("statsTypes");
    const unsigned int flags = arguments.uint32("flags");
    return connection.call(
        [types, flags](const ConnectionHandle &handle) { return allStats(handle, types, flags); },
        [state = connection.state()](Napi::Env env, std::vector<DomainStats> &&all) {
            Napi::Array list = Napi::Array::New(env, all.size());
            for (std::uint32_t i = 0; i < all.size(); i++) {
                list.Set(i, record(env, {{"domain", Domain::wrap(env, state, std::move(all[i].domain))},
                                         {"params", toJs(env, all[i].params)}}));
            }
            return list;
        });
}

} // namespace

Connection::Methods connectionStatsMethods() { return {Connection::method<stats>("stats")}; }

} // namespace blockferry
