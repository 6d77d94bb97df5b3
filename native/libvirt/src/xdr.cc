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
    std::uint8_t *at = advance(4);
    at[0] = static_cast<std::uint8_t>(value >> 24);
    at[1] = static_cast<std::uint8_t>(value >> 16);
    at[2] = static_cast<std::uint8_t>(value >> 8);
    at[3] = static_cast<std::uint8_t>(value);
}

void XdrWriter::uint64(std::uint64_t value) {
    uint32(static_cast<std::uint32_t>(value >> 32));
    uint32(static_cast<std::uint32_t>(value));
}

void XdrWriter::number(double value) { uint64(std::bit_cast<std::uint64_t>(value)); }

void XdrWriter::text(std::string_view value) {
    uint32(static_cast<std::uint32_t>(value.size()));
    value.copy(reinterpret_cast<char *>(advance(padded(value.size()))), value.size());
}

std::vector<std::uint8_t> XdrWriter::take() {
    bytes_.resize(length_);
    return std::move(bytes_);
}

std::uint8_t *XdrWriter::advance(std::size_t count) {
    const std::size_t start = length_;
    length_ += count;
    if (length_ > bytes_.size())
        bytes_.resize(length_ * 2);
    return bytes_.data() + start;
}

} // namespace blockferry
