#include "domain.h"

#include <libvirt/libvirt-qemu.h>

namespace blockferry {

namespace {

Napi::Value qemuMonitorCommand(Domain &domain, Arguments &arguments) {
    std::string command = arguments.text("command");
    const unsigned int flags = arguments.uint32("flags");
    return domain.call([command = std::move(command), flags](const DomainHandle &held) {
        char *answer = nullptr;
        check(virDomainQemuMonitorCommand(held, command.c_str(), &answer, flags));
        return OwnedText(answer);
    });
}

} // namespace

Domain::Methods domainMonitorMethods() { return {Domain::method<qemuMonitorCommand>("qemuMonitorCommand")}; }

} // namespace blockferry
