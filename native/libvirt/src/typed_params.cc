#include "typed_params.h"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <string_view>

namespace blockferry {

namespace {

// Name's length, four bytes of type, four of value: nothing is shorter.
constexpr std::size_t kLeastBytes = 12;
// What an entry takes mostly.
constexpr std::size_t kUsualBytes = 48;

virTypedParameterPtr allocate(std::size_t count) {
    auto *params = static_cast<virTypedParameterPtr>(std::calloc(count, sizeof(virTypedParameter)));
    if (params == nullptr)
        throw std::bad_alloc();
    return params;
}

char *copied(std::string_view text) {
    char *copy = static_cast<char *>(std::malloc(text.size() + 1));
    if (copy == nullptr)
        throw std::bad_alloc();
    text.copy(copy, text.size());
    copy[text.size()] = '\0';
    return copy;
}

void read(XdrReader &reader, virTypedParameter &param) {
    const std::string_view name = reader.text("a name");
    if (name.size() >= VIR_TYPED_PARAM_FIELD_LENGTH)
        reader.fail("parameter " + std::string(name) + " too big for destination");
    name.copy(param.field, name.size());
    const std::uint32_t type = reader.uint32("a type");
    switch (type) {
    case VIR_TYPED_PARAM_INT:
        param.value.i = static_cast<int>(reader.uint32(param.field));
        break;
    case VIR_TYPED_PARAM_UINT:
        param.value.ui = reader.uint32(param.field);
        break;
    case VIR_TYPED_PARAM_LLONG:
        param.value.l = static_cast<long long>(reader.uint64(param.field));
        break;
    case VIR_TYPED_PARAM_ULLONG:
        param.value.ul = reader.uint64(param.field);
        break;
    case VIR_TYPED_PARAM_DOUBLE:
        param.value.d = reader.number(param.field);
        break;
    case VIR_TYPED_PARAM_BOOLEAN:
        param.value.b = (reader.uint32(param.field) & 0xff) != 0;
        break;
    case VIR_TYPED_PARAM_STRING:
        param.value.s = copied(reader.text(param.field));
        break;
    default:
        reader.fail("unexpected type " + std::to_string(type) + " for field " + param.field);
    }
    // Last, so that a string that was not read is not freed.
    param.type = static_cast<int>(type);
}

bool isSet(const virTypedParameter &param) { return param.type > 0 && param.type <= VIR_TYPED_PARAM_STRING; }

void write(XdrWriter &writer, const virTypedParameter &param) {
    writer.text({param.field, ::strnlen(param.field, VIR_TYPED_PARAM_FIELD_LENGTH)});
    writer.uint32(static_cast<std::uint32_t>(param.type));
    switch (param.type) {
    case VIR_TYPED_PARAM_INT:
        return writer.uint32(static_cast<std::uint32_t>(param.value.i));
    case VIR_TYPED_PARAM_UINT:
        return writer.uint32(param.value.ui);
    case VIR_TYPED_PARAM_LLONG:
        return writer.uint64(static_cast<std::uint64_t>(param.value.l));
    case VIR_TYPED_PARAM_ULLONG:
        return writer.uint64(param.value.ul);
    case VIR_TYPED_PARAM_DOUBLE:
        return writer.number(param.value.d);
    case VIR_TYPED_PARAM_BOOLEAN:
        return writer.uint32(param.value.b != 0);
    default:
        return writer.text(param.value.s == nullptr ? std::string_view() : param.value.s);
    }
}

} // namespace

std::vector<std::uint8_t> toXdr(std::span<const virTypedParameter> params) {
    XdrWriter writer(kLeastBytes + params.size() * kUsualBytes);
    std::uint32_t set = 0;
    for (const virTypedParameter &param : params)
        set += isSet(param);
    writer.uint32(set);
    for (const virTypedParameter &param : params) {
        if (isSet(param))
            write(writer, param);
    }
    return writer.take();
}

TypedParams::TypedParams(int count) : params_(allocate(static_cast<std::size_t>(count))), count_(count) {}

TypedParams TypedParams::fromXdr(std::span<const std::uint8_t> bytes) {
    XdrReader reader(bytes);
    const std::uint32_t count = reader.uint32("the number of parameters");
    // Bounded by the bytes there are, before memory is taken.
    if (count > reader.left() / kLeastBytes || count > std::numeric_limits<int>::max())
        reader.fail("too many parameters '" + std::to_string(count) + "' for their bytes");
    if (count == 0) {
        reader.end();
        return {};
    }
    TypedParams params(static_cast<int>(count));
    for (std::uint32_t i = 0; i < count; i++)
        read(reader, params.params_[i]);
    reader.end();
    return params;
}

} // namespace blockferry
