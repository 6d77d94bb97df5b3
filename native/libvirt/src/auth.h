#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <libvirt/libvirt.h>
#include <napi.h>

namespace blockferry {

// One thing that libvirt wants to know to let us in.
struct Credential {
    int type;
    std::string prompt;
    std::optional<std::string> challenge;
    std::optional<std::string> defaultResult;
};

// An answer for each credential, some of which may be left open; nothing at all is a refusal.
using Answers = std::optional<std::vector<std::optional<std::string>>>;

// What a worker asks of JavaScript. A question that is dropped without an answer, wherever that happens, is
// refused.
struct Question {
    std::vector<Credential> asked;
    std::promise<Answers> answer;
    bool answered = false;
};

// Asks the user's function, on the environment's thread; if it throws, the question is refused.
void askJavaScript(Napi::Env env, const Napi::Function &ask, const std::shared_ptr<Question> &question);

// Hands questions to libvirt's way of asking. The worker that opens the connection waits until `pose` was
// answered; `pose` is called on the worker.
class Authenticator {
  public:
    using Pose = std::function<void(std::shared_ptr<Question>)>;

    Authenticator(std::vector<int> types, Pose pose);
    Authenticator(const Authenticator &) = delete;
    Authenticator &operator=(const Authenticator &) = delete;

    virConnectAuthPtr get() { return &auth_; }

  private:
    static int collect(virConnectCredentialPtr credentials, unsigned int count, void *authenticator);

    std::vector<int> types_;
    Pose pose_;
    virConnectAuth auth_;
};

} // namespace blockferry
