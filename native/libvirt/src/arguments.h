#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <napi.h>

#include "environment.h"
#include "typed_params.h"

namespace blockferry {

// The arguments of a JavaScript call, taken one after the other as plain data. What has the wrong type throws
// a TypeError, what is out of range a RangeError; both name the argument.
class Arguments {
  public:
    explicit Arguments(const Napi::CallbackInfo &info) : info_(info) {}

    Napi::Env env() const { return info_.Env(); }

    // Without NUL, which no text of libvirt's can have.
    std::string text(const char *name);
    // Null and undefined are none.
    std::optional<std::string> optionalText(const char *name);
    bool boolean(const char *name);
    int int32(const char *name);
    unsigned int uint32(const char *name);
    // From a bigint.
    std::uint64_t uint64(const char *name);
    // The `unsigned long` of libvirt's oldest calls, from a bigint.
    unsigned long unsignedLong(const char *name);
    Napi::Function function(const char *name);
    // Null and undefined are none.
    std::optional<Napi::Function> optionalFunction(const char *name);
    Napi::Object object(const char *name);
    // From a Uint8Array that holds them in XDR.
    TypedParams typedParams(const char *name);
    // An object of one of our own classes.
    template <typename Class> Class &instance(const char *name) {
        return *Class::Unwrap(tagged(Class::kKind, name));
    }
    // Null and undefined are none.
    template <typename Class> Class *optionalInstance(const char *name) {
        return isNextMissing() ? skip<Class>() : &instance<Class>(name);
    }

  private:
    Napi::Value next();
    bool isNextMissing() const;
    template <typename Class> Class *skip() {
        next();
        return nullptr;
    }
    Napi::Object tagged(Kind kind, const char *name);

    const Napi::CallbackInfo &info_;
    std::size_t position_ = 0;
};

// Marks an object as one of ours, so that no other is taken for it.
void tag(const Napi::Object &object, Kind kind);

// For options within an object.
std::string toText(const Napi::Value &value, const char *name);
int toInt32(const Napi::Value &value, const char *name);
bool toBoolean(const Napi::Value &value, const char *name);

// "expected X for NAME but received Y of type T".
Napi::TypeError wrongType(const Napi::Value &value, const char *name, const char *expected);

// The C form of an optional text; valid as long as it is.
inline const char *orNull(const std::optional<std::string> &text) { return text ? text->c_str() : nullptr; }

} // namespace blockferry
