#include "worker_pool.h"

#include <chrono>
#include <system_error>
#include <utility>

#include "detached_thread.h"
#include "immortal.h"

namespace blockferry {

namespace {

constexpr std::size_t kShortCalls = 64;
constexpr std::size_t kLongCalls = 256;
constexpr std::chrono::seconds kIdleTime{10};

thread_local bool thisIsWorker = false;

} // namespace

WorkerPool &WorkerPool::shortCalls() {
    static Immortal<WorkerPool> pool("libvirt-short", kShortCalls);
    return *pool;
}

WorkerPool &WorkerPool::longCalls() {
    static Immortal<WorkerPool> pool("libvirt-long", kLongCalls);
    return *pool;
}

bool WorkerPool::isWorker() { return thisIsWorker; }

void WorkerPool::endWithProcess() {
    shortCalls().end();
    longCalls().end();
}

void WorkerPool::end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
}

void WorkerPool::submit(std::shared_ptr<Job> job) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(job));
        if (ended_)
            return;
        if (queue_.size() > idle_ && threads_ < limit_) {
            try {
                startThread();
            } catch (const std::system_error &) {
                if (threads_ == 0) {
                    queue_.pop_back();
                    throw;
                }
            }
        }
    }
    wake_.notify_one();
}

void WorkerPool::startThread() {
    startDetachedThread(threadName_, [this] { work(); });
    ++threads_;
}

void WorkerPool::work() {
    thisIsWorker = true;
    while (const std::shared_ptr<Job> job = next())
        job->run();
}

// Nothing: the thread is to end, and is counted no more.
std::shared_ptr<Job> WorkerPool::next() {
    std::unique_lock lock(mutex_);
    ++idle_;
    const bool found = wake_.wait_for(lock, kIdleTime, [this] { return !queue_.empty() && !ended_; });
    --idle_;
    if (!found) {
        --threads_;
        return nullptr;
    }
    std::shared_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    return job;
}

} // namespace blockferry
