// A study that is looked at until it is over.
#include "status/study_reader.hpp"
#include "terminal/standard_output.hpp"
#include "terminal/terminal.hpp"

#include <algorithm>

#include <signal.h>
#include <unistd.h>

namespace host {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kInterval{500};
constexpr std::chrono::milliseconds kLeaveInterval{50};  ///< a writer leaves within moments
/// Reading the manifest of a huge study takes a while; it gets at most a tenth of the time.
constexpr int kIdleShare = 9;

/// Signals that end the wait, whatever else they would do, until this goes out of scope.
class SignalWait {
 public:
  SignalWait() {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGWINCH);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction action {};
      ::sigaction(signal, nullptr, &action);
      // What nohup or a shell has told us to ignore stays ignored.
      if (action.sa_handler != SIG_IGN) ::sigaddset(&set_, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &set_, &old_);
  }
  SignalWait(const SignalWait&) = delete;
  SignalWait& operator=(const SignalWait&) = delete;
  ~SignalWait() { ::pthread_sigmask(SIG_SETMASK, &old_, nullptr); }

  /// The signal that asks to stop, or 0 when the time is up or the terminal's size has changed.
  [[nodiscard]] int wait(nanoseconds duration) const {
    const auto whole = std::chrono::floor<std::chrono::seconds>(duration);
    const timespec timeout{whole.count(), (duration - whole).count()};
    const int signal = ::sigtimedwait(&set_, nullptr, &timeout);
    return signal == SIGINT || signal == SIGTERM || signal == SIGHUP ? signal : 0;
  }

 private:
  sigset_t set_{};
  sigset_t old_{};
};

/// What has been shown of a study, and how: in place or line by line.
class Display {
 public:
  /// The last text is shown whole, and stays. False when nobody reads any more.
  [[nodiscard]] bool show(const StudyView& view, bool is_last) {
    if (!in_place_) return append_line(view);
    const TerminalSize size = terminal_size(own_stdout());
    const std::string text = status_text(view, size.columns);
    bool is_read = true;
    if (is_last) {
      is_read = print_to_reader(frame_.finish(text, size));
    } else if (text != shown_ || size != size_) {
      is_read = print_to_reader(frame_.replace(text, size));
    }
    shown_ = text;
    size_ = size;
    return is_read;
  }

  /// Takes away the `^C` that the terminal has put below the frame.
  void end() const {
    if (in_place_) print("\r\x1b[J");
  }

 private:
  bool append_line(const StudyView& view) {
    std::string line = status_line(view);
    if (line == shown_) return true;
    const auto time = std::chrono::floor<std::chrono::seconds>(view.now);
    shown_ = std::move(line);
    return print_to_reader(study::format_timestamp(time) + " " + shown_ + "\n");
  }

  const bool in_place_ = can_replace_text(own_stdout());
  TerminalFrame frame_;
  std::string shown_;
  TerminalSize size_{};
};

}  // namespace

int watch_study(StudyReader& reader, std::chrono::milliseconds leave_patience) {
  const SignalWait signals;
  Display display;
  std::optional<steady_clock::time_point> ended;
  for (;;) {
    const auto begin = steady_clock::now();
    const StudyView view = reader.read();
    const bool is_left = is_being_left(view);
    if (!is_left) ended.reset();
    if (is_left && !ended) ended = begin;
    const bool is_last = is_over(view) && (!is_left || begin - *ended >= leave_patience);
    if (!display.show(view, is_last) || is_last) return 0;
    const auto spent = steady_clock::now() - begin;
    const int signal = signals.wait(
        std::max<nanoseconds>(is_left ? kLeaveInterval : kInterval, spent * kIdleShare));
    if (signal != 0) {
      display.end();
      return signal;
    }
  }
}

}  // namespace host
