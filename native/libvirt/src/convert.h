#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <napi.h>

namespace blockferry {

// A call's result that is nothing.
using Nothing = std::monostate;

// A text that libvirt allocated.
class OwnedText {
  public:
    explicit OwnedText(char *text) : text_(text) {}
    const char *get() const { return text_.get(); }

  private:
    struct Free {
        void operator()(char *text) const;
    };
    std::unique_ptr<char, Free> text_;
};

// Turn what a worker brought into JavaScript values.
Napi::Value toJs(Napi::Env env, Nothing);
Napi::Value toJs(Napi::Env env, bool value);
Napi::Value toJs(Napi::Env env, int value);
Napi::Value toJs(Napi::Env env, unsigned int value);
// Numbers of 64 bits are always bigint.
Napi::Value toJs(Napi::Env env, std::int64_t value);
Napi::Value toJs(Napi::Env env, std::uint64_t value);
Napi::Value toJs(Napi::Env env, const std::string &text);
Napi::Value toJs(Napi::Env env, const OwnedText &text);
Napi::Value toJs(Napi::Env env, const std::vector<std::uint8_t> &bytes);

// An object with these members.
using Member = std::pair<const char *, Napi::Value>;
Napi::Object record(Napi::Env env, std::initializer_list<Member> members);

} // namespace blockferry
