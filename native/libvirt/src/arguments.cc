#include "arguments.h"

#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace blockferry {

namespace {

constexpr std::size_t kShownCharacters = 40;

// Types that are recognised by Node; the values are ours.
constexpr std::array<napi_type_tag, kKinds> kTags{{
    {0x5b6c0f3a9d1e4c01, 0xa1f0d2c37b4e5601},
    {0x5b6c0f3a9d1e4c02, 0xa1f0d2c37b4e5602},
    {0x5b6c0f3a9d1e4c03, 0xa1f0d2c37b4e5603},
    {0x5b6c0f3a9d1e4c04, 0xa1f0d2c37b4e5604},
    {0x5b6c0f3a9d1e4c05, 0xa1f0d2c37b4e5605},
}};

const char *typeName(napi_valuetype type) {
    switch (type) {
    case napi_undefined:
        return "undefined";
    case napi_null:
        return "null";
    case napi_boolean:
        return "boolean";
    case napi_number:
        return "number";
    case napi_string:
        return "string";
    case napi_symbol:
        return "symbol";
    case napi_function:
        return "function";
    case napi_bigint:
        return "bigint";
    default:
        return "object";
    }
}

// Objects are not asked for a text: that would run code of theirs.
std::string shown(const Napi::Value &value) {
    const napi_valuetype type = value.Type();
    if (type == napi_object || type == napi_function || type == napi_symbol || type == napi_external)
        return "one";
    std::string text = value.ToString();
    if (text.size() > kShownCharacters)
        text = text.substr(0, kShownCharacters) + "...";
    return text;
}

Napi::RangeError outOfRange(const Napi::Value &value, const char *name, std::string_view range) {
    return Napi::RangeError::New(value.Env(), "expected " + std::string(range) + " for " + name +
                                                  " but received " + shown(value));
}

// A whole number from `least` to `most`.
double wholeNumber(const Napi::Value &value, const char *name, double least, double most,
                   std::string_view range) {
    if (!value.IsNumber())
        throw wrongType(value, name, "number");
    const double number = value.As<Napi::Number>().DoubleValue();
    if (std::trunc(number) != number || number < least || number > most)
        throw outOfRange(value, name, range);
    return number;
}

} // namespace

std::string Arguments::text(const char *name) { return toText(next(), name); }

std::optional<std::string> Arguments::optionalText(const char *name) {
    const bool missing = isNextMissing();
    const Napi::Value value = next();
    if (missing)
        return std::nullopt;
    return toText(value, name);
}

bool Arguments::boolean(const char *name) { return toBoolean(next(), name); }

int Arguments::int32(const char *name) { return toInt32(next(), name); }

unsigned int Arguments::uint32(const char *name) {
    return static_cast<unsigned int>(wholeNumber(next(), name, 0, std::numeric_limits<unsigned int>::max(),
                                                 "a whole number from 0 to 2^32-1"));
}

std::uint64_t Arguments::uint64(const char *name) {
    const Napi::Value value = next();
    if (!value.IsBigInt())
        throw wrongType(value, name, "bigint");
    bool lossless = false;
    const std::uint64_t number = value.As<Napi::BigInt>().Uint64Value(&lossless);
    if (!lossless)
        throw outOfRange(value, name, "a bigint from 0 to 2^64-1");
    return number;
}

unsigned long Arguments::unsignedLong(const char *name) {
    const Napi::Value value = info_[position_];
    const std::uint64_t number = uint64(name);
    if (number > std::numeric_limits<unsigned long>::max())
        throw outOfRange(value, name, "an unsigned long");
    return static_cast<unsigned long>(number);
}

Napi::Function Arguments::function(const char *name) {
    const Napi::Value value = next();
    if (!value.IsFunction())
        throw wrongType(value, name, "function");
    return value.As<Napi::Function>();
}

std::optional<Napi::Function> Arguments::optionalFunction(const char *name) {
    if (!isNextMissing())
        return function(name);
    next();
    return std::nullopt;
}

Napi::Object Arguments::object(const char *name) {
    const Napi::Value value = next();
    if (!value.IsObject() || value.IsFunction())
        throw wrongType(value, name, "object");
    return value.As<Napi::Object>();
}

TypedParams Arguments::typedParams(const char *name) {
    const Napi::Value value = next();
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
        throw wrongType(value, name, "Uint8Array");
    const auto bytes = value.As<Napi::Uint8Array>();
    try {
        return TypedParams::fromXdr({bytes.Data(), bytes.ByteLength()});
    } catch (const XdrFault &fault) {
        throw Napi::TypeError::New(env(), "expected typed parameters in XDR for " + std::string(name) + ": " +
                                              fault.what());
    }
}

Napi::Value Arguments::next() { return info_[position_++]; }

bool Arguments::isNextMissing() const {
    const Napi::Value value = info_[position_];
    return value.IsUndefined() || value.IsNull();
}

Napi::Object Arguments::tagged(Kind kind, const char *name) {
    const Napi::Value value = next();
    const napi_type_tag &tag = kTags[static_cast<std::size_t>(kind)];
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&tag))
        throw wrongType(value, name, kindName(kind));
    return value.As<Napi::Object>();
}

void tag(const Napi::Object &object, Kind kind) { object.TypeTag(&kTags[static_cast<std::size_t>(kind)]); }

std::string toText(const Napi::Value &value, const char *name) {
    if (!value.IsString())
        throw wrongType(value, name, "string");
    std::string text = value.As<Napi::String>();
    if (text.find('\0') != std::string::npos)
        throw Napi::TypeError::New(value.Env(), "expected a string without NUL for " + std::string(name));
    return text;
}

int toInt32(const Napi::Value &value, const char *name) {
    return static_cast<int>(wholeNumber(value, name, std::numeric_limits<int>::min(),
                                        std::numeric_limits<int>::max(),
                                        "a whole number from -2^31 to 2^31-1"));
}

bool toBoolean(const Napi::Value &value, const char *name) {
    if (!value.IsBoolean())
        throw wrongType(value, name, "boolean");
    return value.As<Napi::Boolean>();
}

Napi::TypeError wrongType(const Napi::Value &value, const char *name, const char *expected) {
    return Napi::TypeError::New(value.Env(), "expected " + std::string(expected) + " for " + name +
                                                 " but received " + shown(value) + " of type " +
                                                 typeName(value.Type()));
}

} // namespace blockferry
