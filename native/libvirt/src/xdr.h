#pragma once

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

    std::uint32_t uint32(const char *what);
    std::uint64_t uint64(const char *what);
    double number(const char *what);
    // A view of the bytes; without NUL.
    std::string_view text(const char *what);
    std::size_t left() const { return bytes_.size() - offset_; }
    // Throws unless all was read.
    void end() const;
    [[noreturn]] void fail(const std::string &what) const;

  private:
    const std::uint8_t *take(std::size_t count, const char *what);

    std::span<const std::uint8_t> bytes_;
    std::size_t offset_ = 0;
};

class XdrWriter {
  public:
    explicit XdrWriter(std::size_t expectedBytes) : bytes_(expectedBytes) {}

    void uint32(std::uint32_t value);
    void uint64(std::uint64_t value);
    void number(double value);
    void text(std::string_view value);
    // What was written; nothing can be any more.
    std::vector<std::uint8_t> take();

  private:
    // Where so many more bytes go; they are zeros.
    std::uint8_t *advance(std::size_t count);

    std::vector<std::uint8_t> bytes_;
    std::size_t length_ = 0;
};

} // namespace blockferry
