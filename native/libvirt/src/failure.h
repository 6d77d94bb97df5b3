#pragma once

#include <optional>
#include <string>

#include <napi.h>

namespace blockferry {

// What libvirt said about a call that failed, as plain data; thrown on worker threads, and only there.
struct Failure {
    int code = 0;
    int domain = 0;
    int level = 0;
    std::string message;
    std::optional<std::string> str1;
    std::optional<std::string> str2;
    std::optional<std::string> str3;
    int int1 = 0;
    int int2 = 0;

    // The last error of this thread: to be taken right after the call.
    static Failure last();
    // One of ours in libvirt's form, with a virErrorNumber.
    static Failure of(int code, std::string message);
};

Napi::Value toJs(Napi::Env env, const Failure &failure);

// Checks what libvirt returned: a negative number or a null pointer is a failure, and thrown.
template <typename Number>
requires std::is_arithmetic_v<Number> Number check(Number result) {
    if (result < 0)
        throw Failure::last();
    return result;
}

template <typename Object> Object *check(Object *result) {
    if (result == nullptr)
        throw Failure::last();
    return result;
}

} // namespace blockferry
