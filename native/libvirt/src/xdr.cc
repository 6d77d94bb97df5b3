#include "xdr.h"

#include <bit>

namespace blockferry {

namespace {

constexpr std::size_t kUnit = 4;

std::size_t padded(std::size_t length) { return (length + kUnit - 1) / kUnit * kUnit; }

} // namespace

std::uint32_t XdrReader::uint32(const char *what) {
    const std::uint8_t *at = take(4, what);
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}

std::uint64_t XdrReader::uint64(const char *what) {
    const std::uint64_t high = uint32(what);
    return high << 32 | uint32(what);
}

double XdrReader::number(const char *what) { return std::bit_cast<double>(uint64(what)); }

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

const std::uint8_t *XdrReader::take(std::size_t count, const char *what) {
    if (count > left())
        fail(std::string(what) + " takes " + std::to_string(count) + " bytes, " + std::to_string(left()) +
             " are left");
    const std::uint8_t *at = bytes_.data() + offset_;
    offset_ += count;
    return at;
}

void XdrWriter::uint32(std::uint32_t value) {
    bytes_.push_back(static_cast<std::uint8_t>(value >> 24));
    bytes_.push_back(static_cast<std::uint8_t>(value >> 16));
    bytes_.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes_.push_back(static_cast<std::uint8_t>(value));
}

void XdrWriter::uint64(std::uint64_t value) {
    uint32(static_cast<std::uint32_t>(value >> 32));
    uint32(static_cast<std::uint32_t>(value));
}

void XdrWriter::number(double value) { uint64(std::bit_cast<std::uint64_t>(value)); }

void XdrWriter::text(std::string_view value) {
    uint32(static_cast<std::uint32_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    bytes_.resize(bytes_.size() + padded(value.size()) - value.size(), 0);
}

} // namespace blockferry
