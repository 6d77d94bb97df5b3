#include "auth.h"

#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "arguments.h"
#include "convert.h"

namespace blockferry {

namespace {

std::optional<std::string> copied(const char *text) {
    if (text == nullptr)
        return std::nullopt;
    return std::string(text);
}

Napi::Value orNull(Napi::Env env, const std::optional<std::string> &text) {
    return text ? toJs(env, *text) : env.Null();
}

Napi::Array listOf(Napi::Env env, const std::vector<Credential> &asked) {
    Napi::Array list = Napi::Array::New(env, asked.size());
    for (std::uint32_t i = 0; i < asked.size(); i++) {
        const Credential &credential = asked[i];
        list.Set(i, record(env, {{"type", toJs(env, credential.type)},
                                 {"prompt", toJs(env, credential.prompt)},
                                 {"challenge", orNull(env, credential.challenge)},
                                 {"defaultResult", orNull(env, credential.defaultResult)}}));
    }
    return list;
}

Answers toAnswers(const Napi::Value &value, std::size_t count) {
    if (value.IsNull())
        return std::nullopt;
    if (!value.IsArray() || value.As<Napi::Array>().Length() != count)
        throw wrongType(value, "answers", "an array with an answer for each credential");
    std::vector<std::optional<std::string>> answers;
    for (std::uint32_t i = 0; i < count; i++) {
        const Napi::Value answer = value.As<Napi::Array>().Get(i);
        answers.push_back(answer.IsNull() ? std::nullopt : std::optional(toText(answer, "answer")));
    }
    return answers;
}

void settle(Question &question, Answers answers) {
    if (std::exchange(question.answered, true))
        return;
    question.answer.set_value(std::move(answers));
}

} // namespace

void askJavaScript(Napi::Env env, const Napi::Function &ask, const std::shared_ptr<Question> &question) {
    const auto answer = Napi::Function::New(env, [question](const Napi::CallbackInfo &info) {
        settle(*question, toAnswers(info[0], question->asked.size()));
    });
    try {
        ask.Call({listOf(env, question->asked), answer});
    } catch (const Napi::Error &) {
        settle(*question, std::nullopt);
    }
}

Authenticator::Authenticator(std::vector<int> types, Pose pose)
    : types_(std::move(types)),
      pose_(std::move(pose)), auth_{types_.data(), static_cast<unsigned int>(types_.size()), collect, this} {}

// libvirt frees the results.
int Authenticator::collect(virConnectCredentialPtr credentials, unsigned int count, void *authenticator) {
    try {
        const std::span asked(credentials, count);
        auto question = std::make_shared<Question>();
        for (const virConnectCredential &credential : asked) {
            question->asked.push_back({credential.type, copied(credential.prompt).value_or(""),
                                       copied(credential.challenge), copied(credential.defresult)});
        }
        std::future<Answers> answer = question->answer.get_future();
        // Nothing of the question is kept here: when all others have dropped it, the future says so.
        static_cast<Authenticator *>(authenticator)->pose_(std::move(question));
        const Answers answers = answer.get();
        if (!answers)
            return -1;
        for (std::size_t i = 0; i < asked.size(); i++) {
            const std::optional<std::string> &text = (*answers)[i];
            asked[i].result = text ? ::strdup(text->c_str()) : nullptr;
            asked[i].resultlen = text ? static_cast<unsigned int>(text->size()) : 0;
        }
        return 0;
    } catch (...) {
        return -1;
    }
}

} // namespace blockferry
