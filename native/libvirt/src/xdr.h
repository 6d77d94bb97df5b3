#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace blockferry {

// Bytes that are not what they should be; says what and where.
class XdrFault : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Reads what nobody vouches for; takes no memory. Source: RFC 4506.
class XdrReader {
  public:
    explicit XdrReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    std::uint32_t uint32(const char *what) {
        const std::uint8_t *at = take(4, what);
        return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
    }
    std::uint64_t uint64(const char *what) {
        const std::uint64_t high = uint32(what);
        return high << 32 | uint32(what);
    }
    double number(const char *what) { return std::bit_cast<double>(uint64(what)); }
    // A view of the bytes; without NUL.
    std::string_view text(const char *what);
    std::size_t left() const { return bytes_.size() - offset_; }
    // Throws unless all was read.
    void end() const;
    [[noreturn]] void fail(const std::string &what) const;

  private:
    const std::uint8_t *take(std::size_t count, const char *what) {
        if (count > left())
            cutOff(count, what);
        const std::uint8_t *at = bytes_.data() + offset_;
        offset_ += count;
        return at;
    }
    [[noreturn]] void cutOff(std::size_t count, const char *what) const;

    std::span<const std::uint8_t> bytes_;
    std::size_t offset_ = 0;
};

class XdrWriter {
  public:
    explicit XdrWriter(std::size_t expectedBytes) : bytes_(expectedBytes) {}

    void uint32(std::uint32_t value) {
        std::uint8_t *at = advance(4);
        at[0] = static_cast<std::uint8_t>(value >> 24);
        at[1] = static_cast<std::uint8_t>(value >> 16);
        at[2] = static_cast<std::uint8_t>(value >> 8);
        at[3] = static_cast<std::uint8_t>(value);
    }
    void uint64(std::uint64_t value) {
        uint32(static_cast<std::uint32_t>(value >> 32));
        uint32(static_cast<std::uint32_t>(value));
    }
    void number(double value) { uint64(std::bit_cast<std::uint64_t>(value)); }
    void text(std::string_view value);
    // What was written; nothing can be any more.
    std::vector<std::uint8_t> take();

  private:
    // Where so many more bytes go; they are zeros.
    std::uint8_t *advance(std::size_t count) {
        const std::size_t start = length_;
        length_ += count;
        if (length_ > bytes_.size())
            bytes_.resize(length_ * 2);
        return bytes_.data() + start;
    }

    std::vector<std::uint8_t> bytes_;
    std::size_t length_ = 0;
};

} // namespace blockferry
