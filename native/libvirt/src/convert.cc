#include "convert.h"

#include <cstdlib>

#include "environment.h"

namespace blockferry {

void OwnedText::Free::operator()(char *text) const { std::free(text); }

Napi::Value toJs(Napi::Env env, Nothing) { return env.Undefined(); }

Napi::Value toJs(Napi::Env env, bool value) { return Napi::Boolean::New(env, value); }

Napi::Value toJs(Napi::Env env, int value) { return Napi::Number::New(env, value); }

Napi::Value toJs(Napi::Env env, unsigned int value) { return Napi::Number::New(env, value); }

Napi::Value toJs(Napi::Env env, std::int64_t value) { return Napi::BigInt::New(env, value); }

Napi::Value toJs(Napi::Env env, std::uint64_t value) { return Napi::BigInt::New(env, value); }

Napi::Value toJs(Napi::Env env, const std::string &text) { return Napi::String::New(env, text); }

Napi::Value toJs(Napi::Env env, const OwnedText &text) { return Napi::String::New(env, text.get()); }

Napi::Value toJs(Napi::Env env, const std::vector<std::uint8_t> &bytes) {
    return Environment::of(env).bytes(bytes);
}

Napi::Object record(Napi::Env env, std::initializer_list<Member> members) {
    Napi::Object object = Napi::Object::New(env);
    for (const auto &[name, value] : members)
        object.Set(name, value);
    return object;
}

} // namespace blockferry
