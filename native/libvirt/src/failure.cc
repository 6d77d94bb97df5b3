#include "failure.h"

#include <utility>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "convert.h"

namespace blockferry {

namespace {

std::optional<std::string> copied(const char *text) {
    if (text == nullptr)
        return std::nullopt;
    return std::string(text);
}

} // namespace

Failure Failure::last() {
    const virErrorPtr error = virGetLastError();
    if (error == nullptr)
        return of(VIR_ERR_INTERNAL_ERROR, "libvirt failed without saying why");
    return {.code = error->code,
            .domain = error->domain,
            .level = error->level,
            .message = copied(error->message).value_or(""),
            .str1 = copied(error->str1),
            .str2 = copied(error->str2),
            .str3 = copied(error->str3),
            .int1 = error->int1,
            .int2 = error->int2};
}

Failure Failure::of(int code, std::string message) {
    Failure failure;
    failure.code = code;
    failure.domain = VIR_FROM_NONE;
    failure.level = VIR_ERR_ERROR;
    failure.message = std::move(message);
    return failure;
}

Napi::Value toJs(Napi::Env env, const Failure &failure) {
    Napi::Object data = Napi::Object::New(env);
    data.Set("code", toJs(env, failure.code));
    data.Set("domain", toJs(env, failure.domain));
    data.Set("level", toJs(env, failure.level));
    data.Set("message", toJs(env, failure.message));
    if (failure.str1)
        data.Set("str1", toJs(env, *failure.str1));
    if (failure.str2)
        data.Set("str2", toJs(env, *failure.str2));
    if (failure.str3)
        data.Set("str3", toJs(env, *failure.str3));
    data.Set("int1", toJs(env, failure.int1));
    data.Set("int2", toJs(env, failure.int2));
    return data;
}

} // namespace blockferry
