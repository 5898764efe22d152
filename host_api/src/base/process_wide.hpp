/// What all threads of a process share, and its forked children don't.
#pragma once

#include <mutex>

#include <pthread.h>

namespace study {

/// The one `Value` of the process. Nobody has it at the moment of a fork(2), so that a child never
/// waits for a thread that it doesn't have; there `Value::begin_anew()` forgets what is the
/// parent's. Never destroyed: a process may use it while it ends.
template <class Value>
class ProcessWide {
 public:
  template <class Use>
  static auto use(const Use& use) {
    ProcessWide& self = instance();
    const std::lock_guard<std::mutex> lock(self.mutex_);
    return use(self.value_);
  }

 private:
  ProcessWide() {
    ::pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                     [] {
                       instance().value_.begin_anew();
                       instance().mutex_.unlock();
                     });
  }
  static ProcessWide& instance() {
    static auto* const only = new ProcessWide;
    return *only;
  }

  std::mutex mutex_;
  Value value_;
};

}  // namespace study
