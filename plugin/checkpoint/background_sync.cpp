#include "checkpoint/background_sync.hpp"

#include <study/posix.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace study::checkpoint {
namespace {

using Files = std::vector<UniqueFd>;

/// In the place of condition_variable::wait(), which manylinux_2_34 hasn't got (GLIBCXX_3.4.30).
constexpr std::chrono::hours kLongWait{1};

/// As long as it lives the calling thread takes no signals, nor does one that it makes then: a
/// host's handlers must run on the host's own threads, whose system calls they are to interrupt.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

struct BackgroundSync::State {
  std::atomic<bool> is_due{false};  ///< something has changed since the last sync began
  std::atomic<int> error{0};
  std::mutex mutex;
  std::condition_variable wake;
  std::shared_ptr<const Files> files;  ///< guarded by the mutex, as is what follows
  bool is_ending = false;
  std::thread thread;

  void run();
  void sync();
  void start_or_wake();
};

void BackgroundSync::State::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    while (!is_due && !is_ending) wake.wait_for(lock, kLongWait);
    // What follows within this time goes to the disk together with it.
    wake.wait_for(lock, kDelay, [this] { return is_ending; });
    if (is_ending) return;
    lock.unlock();
    sync();
    lock.lock();
  }
}

void BackgroundSync::State::sync() {
  std::shared_ptr<const Files> present;
  {
    const std::scoped_lock lock(mutex);
    present = files;
  }
  // Before the syncs: a change that comes while they go on may be too late for them.
  is_due.exchange(false);
  if (!present) return;
  for (const UniqueFd& fd : *present) {
    // Of a directory it commits the names. EINVAL: a file system that has no such thing.
    if (::fsync(fd.get()) != 0 && errno != EINVAL) error = errno;
  }
}

void BackgroundSync::State::start_or_wake() {
  {
    const std::scoped_lock lock(mutex);
    if (!thread.joinable()) {
      const SignalsBlocked blocked;
      thread = std::thread([this] { run(); });
      return;
    }
  }
  wake.notify_one();
}

BackgroundSync::BackgroundSync() : state_(new State) {}

BackgroundSync::~BackgroundSync() {
  if (process_.is_in_child()) return;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->wake.notify_one();
  if (state_->thread.joinable()) state_->thread.join();
  delete state_;
}

void BackgroundSync::set_files(const std::vector<int>& fds) {
  auto files = std::make_shared<Files>();
  for (const int fd : fds) {
    if (fd < 0) continue;
    UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (copy) files->push_back(std::move(copy));
  }
  // What is replaced is closed behind the lock, or by the thread that still uses it.
  std::shared_ptr<const Files> replaced = std::move(files);
  const std::scoped_lock lock(state_->mutex);
  state_->files.swap(replaced);
}

void BackgroundSync::note_change() {
  if (state_->is_due.load(std::memory_order_relaxed) || state_->is_due.exchange(true)) return;
  try {
    state_->start_or_wake();
  } catch (const std::system_error&) {  // no room for a thread
    state_->sync();
  }
}

int BackgroundSync::take_error() {
  if (state_->error.load(std::memory_order_relaxed) == 0) return 0;
  return state_->error.exchange(0);
}

}  // namespace study::checkpoint
