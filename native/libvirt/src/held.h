#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <libvirt/libvirt.h>

#include "failure.h"
#include "open_connection.h"

namespace blockferry {

// How libvirt lets go of an object.
template <typename Raw> struct Release;
template <> struct Release<virDomain> {
    void operator()(virDomainPtr raw) const { virDomainFree(raw); }
};
template <> struct Release<virDomainCheckpoint> {
    void operator()(virDomainCheckpointPtr raw) const { virDomainCheckpointFree(raw); }
};
template <> struct Release<virStoragePool> {
    void operator()(virStoragePoolPtr raw) const { virStoragePoolFree(raw); }
};
template <> struct Release<virStorageVol> {
    void operator()(virStorageVolPtr raw) const { virStorageVolFree(raw); }
};

// A libvirt object that came from a connection. It holds the connection, so that letting go of the object
// itself never blocks and may happen on any thread.
template <typename Raw> class Held {
  public:
    Held(ConnectionHandle connection, Raw *raw) : connection_(std::move(connection)), raw_(raw) {}

    operator Raw *() const { return raw_.get(); }
    const ConnectionHandle &connection() const { return connection_; }

  private:
    ConnectionHandle connection_;
    std::unique_ptr<Raw, Release<Raw>> raw_;
};

// Shared by an object's JavaScript half and the calls in flight.
template <typename Raw> using Handle = std::shared_ptr<const Held<Raw>>;

struct FreeList {
    void operator()(void *list) const { std::free(list); }
};

// Takes over what a call returned; throws the failure if that is nothing.
template <typename Raw> Handle<Raw> hold(const ConnectionHandle &connection, Raw *raw) {
    return std::make_shared<const Held<Raw>>(connection, check(raw));
}

// Takes over the list that `fetch` makes and returns the length of; throws the failure if that is negative.
template <typename Raw, typename Fetch>
std::vector<Handle<Raw>> holdList(const ConnectionHandle &connection, Fetch fetch) {
    Raw **list = nullptr;
    const int count = check(fetch(&list));
    const std::unique_ptr<Raw *, FreeList> owned(list);
    std::vector<Handle<Raw>> handles;
    handles.reserve(static_cast<std::size_t>(count));
    for (Raw *raw : std::span(list, static_cast<std::size_t>(count)))
        handles.push_back(hold(connection, raw));
    return handles;
}

} // namespace blockferry
