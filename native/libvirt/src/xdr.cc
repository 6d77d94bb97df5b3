#include "xdr.h"

namespace blockferry {

namespace {

constexpr std::size_t kUnit = 4;

std::size_t padded(std::size_t length) { return (length + kUnit - 1) / kUnit * kUnit; }

} // namespace

std::string_view XdrReader::text(const char *what) {
    const std::size_t length = uint32(what);
    const std::uint8_t *at = take(padded(length), what);
    for (std::size_t i = length; i < padded(length); i++) {
        if (at[i] != 0)
            fail(std::string(what) + " is not padded with zeros");
    }
    const std::string_view value(reinterpret_cast<const char *>(at), length);
    if (value.find('\0') != std::string_view::npos)
        fail(std::string(what) + " has a NUL");
    return value;
}

void XdrReader::end() const {
    if (left() > 0)
        fail(std::to_string(left()) + " bytes are left over");
}

void XdrReader::fail(const std::string &what) const {
    throw XdrFault(what + ", at byte " + std::to_string(offset_));
}

void XdrReader::cutOff(std::size_t count, const char *what) const {
    fail(std::string(what) + " takes " + std::to_string(count) + " bytes, " + std::to_string(left()) +
         " are left");
}

void XdrWriter::text(std::string_view value) {
    uint32(static_cast<std::uint32_t>(value.size()));
    value.copy(reinterpret_cast<char *>(advance(padded(value.size()))), value.size());
}

std::vector<std::uint8_t> XdrWriter::take() {
    bytes_.resize(length_);
    return std::move(bytes_);
}

} // namespace blockferry
