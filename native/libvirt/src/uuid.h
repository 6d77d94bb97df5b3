#pragma once

#include <array>
#include <string>

#include <libvirt/libvirt.h>

namespace blockferry {

// An object's UUID as a text, by libvirt's function for objects of its kind, which asks nobody.
template <typename Raw> std::string uuidText(Raw *object, int (*print)(Raw *, char *)) {
    std::array<char, VIR_UUID_STRING_BUFLEN> text{};
    print(object, text.data());
    return text.data();
}

} // namespace blockferry
