#include "mailbox.h"

#include <utility>

namespace blockferry {

void Mailbox::open(napi_threadsafe_function bell) {
    const std::lock_guard lock(mutex_);
    bell_ = bell;
}

void Mailbox::close() {
    std::vector<Letter> dropped;
    const std::lock_guard lock(mutex_);
    bell_ = nullptr;
    dropped.swap(letters_);
}

void Mailbox::post(Letter letter) {
    // The bell is rung under the lock: whoever closes the box may destroy it right after.
    const std::lock_guard lock(mutex_);
    if (bell_ == nullptr)
        return;
    letters_.push_back(std::move(letter));
    if (letters_.size() == 1)
        napi_call_threadsafe_function(bell_, nullptr, napi_tsfn_nonblocking);
}

std::vector<Letter> Mailbox::take() {
    std::vector<Letter> letters;
    const std::lock_guard lock(mutex_);
    letters.swap(letters_);
    return letters;
}

} // namespace blockferry
