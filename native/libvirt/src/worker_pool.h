#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

namespace blockferry {

// What a worker thread does; knows nothing of JavaScript.
class Job {
  public:
    virtual ~Job() = default;
    virtual void run() noexcept = 0;

  private:
    friend class WorkerPool;
    // Under its pool's lock.
    bool isRunning_ = false;
    bool isGivenUp_ = false;
};

// Threads for calls that block. They are made as jobs come, up to a limit, and end after some seconds without
// one. They are detached: a call into libvirt cannot be interrupted, and an environment or the process may
// end meanwhile.
class WorkerPool {
  public:
    // Calls that take one question and answer.
    static WorkerPool &shortCalls();
    // Migrations, which take minutes, and opening a connection, which may wait for a person: these never hold
    // up others.
    static WorkerPool &longCalls();
    // Whether this thread is one of a pool's, where blocking is allowed.
    static bool isWorker();

    WorkerPool(const char *threadName, std::size_t limit) : threadName_(threadName), limit_(limit) {}

    // The process ends: what is not begun by now stays undone, for it would meet libraries that are torn down
    // already.
    static void endWithProcess();

    // Throws std::system_error if no thread is there for it and none can be made.
    void submit(std::shared_ptr<Job> job);
    // Nobody waits for the job any more, which may hang for good: its thread does not count until it is back.
    void giveUp(Job &job);

  private:
    void end();
    void startThreads();
    void work();
    std::shared_ptr<Job> next();
    void finish(Job &job);

    const char *const threadName_;
    const std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Job>> queue_;
    std::size_t threads_ = 0;
    // Of these, those that can take a job, and those whose job nobody waits for.
    std::size_t free_ = 0;
    std::size_t givenUp_ = 0;
    bool ended_ = false;
};

} // namespace blockferry
