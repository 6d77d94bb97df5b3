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
        try {
            startThreads();
        } catch (const std::system_error &) {
            if (threads_ == givenUp_) {
                queue_.pop_back();
                throw;
            }
        }
    }
    wake_.notify_one();
}

void WorkerPool::giveUp(Job &job) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(job.isGivenUp_, true) || !job.isRunning_)
        return;
    ++givenUp_;
    try {
        startThreads();
    } catch (const std::system_error &) {
        // The next job tries again.
    }
}

// As many as jobs wait for one, within the limit.
void WorkerPool::startThreads() {
    while (queue_.size() > free_ && threads_ - givenUp_ < limit_ && !ended_) {
        startDetachedThread(threadName_, [this] { work(); });
        ++threads_;
        ++free_;
    }
}

void WorkerPool::work() {
    thisIsWorker = true;
    while (const std::shared_ptr<Job> job = next()) {
        job->run();
        finish(*job);
    }
}

// Nothing: the thread is to end, and is counted no more.
std::shared_ptr<Job> WorkerPool::next() {
    std::unique_lock lock(mutex_);
    const bool found = wake_.wait_for(lock, kIdleTime, [this] { return !queue_.empty() && !ended_; });
    --free_;
    if (!found) {
        --threads_;
        return nullptr;
    }
    std::shared_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    job->isRunning_ = true;
    givenUp_ += job->isGivenUp_;
    return job;
}

void WorkerPool::finish(Job &job) {
    const std::lock_guard lock(mutex_);
    ++free_;
    job.isRunning_ = false;
    givenUp_ -= job.isGivenUp_;
}

} // namespace blockferry
