#include "checkpoint.h"

namespace blockferry {

namespace {

Napi::Value nameOf(Checkpoint &checkpoint, Arguments &arguments) {
    return toJs(arguments.env(), checkpoint.name());
}

Napi::Value isClosed(Checkpoint &checkpoint, Arguments &arguments) {
    return toJs(arguments.env(), checkpoint.handle() == nullptr);
}

Napi::Value close(Checkpoint &checkpoint, Arguments &arguments) {
    checkpoint.letGo();
    return arguments.env().Undefined();
}

Napi::Value xml(Checkpoint &checkpoint, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return checkpoint.call([flags](const CheckpointHandle &held) {
        return OwnedText(check(virDomainCheckpointGetXMLDesc(held, flags)));
    });
}

Napi::Value deleteCheckpoint(Checkpoint &checkpoint, Arguments &arguments) {
    const unsigned int flags = arguments.uint32("flags");
    return checkpoint.call(
        [flags](const CheckpointHandle &held) { check(virDomainCheckpointDelete(held, flags)); });
}

} // namespace

// libvirt's object keeps it, and asks nobody for it.
Checkpoint::Checkpoint(const Napi::CallbackInfo &info)
    : WrappedChild(info), name_(virDomainCheckpointGetName(*handle())) {}

Checkpoint::Methods Checkpoint::methods() {
    return {
        getter<nameOf>("name"),
        getter<blockferry::isClosed>("isClosed"),
        method<blockferry::close>("close"),
        method<blockferry::xml>("xml"),
        method<deleteCheckpoint>("delete"),
    };
}

} // namespace blockferry
