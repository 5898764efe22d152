// Progress, in lines and in place.
#include "run/progress.hpp"

#include "terminal/durations.hpp"

#include <study/posix.hpp>

#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace std::chrono_literals;
using host::Progress;
using study::ExperimentState;

namespace {

constexpr Progress::Clock::time_point kStart{};

/// What was written to a console that is a file.
struct FileConsole {
  std::string text() const {
    char buffer[4096];
    const ssize_t size = ::pread(fd.get(), buffer, sizeof buffer, 0);
    return {buffer, static_cast<std::size_t>(size)};
  }

  study::UniqueFd fd{::memfd_create("console", MFD_CLOEXEC)};
  host::Console console{fd.get()};
};

/// A console on a pseudo-terminal of 40 columns.
struct TerminalConsole {
  TerminalConsole() {
    ::setenv("TERM", "xterm", 1);
    ::grantpt(master.get());
    ::unlockpt(master.get());
    terminal.reset(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    const winsize size{24, 40, 0, 0};
    ::ioctl(terminal.get(), TIOCSWINSZ, &size);
  }

  /// The next `size` bytes that were written, fewer if they don't come: a terminal passes them on
  /// in its own time.
  std::string next(std::size_t size) const {
    std::string text(size, '\0');
    std::size_t got = 0;
    pollfd readable{master.get(), POLLIN, 0};
    while (got < size && ::poll(&readable, 1, 10'000) == 1) {
      got += static_cast<std::size_t>(::read(master.get(), text.data() + got, size - got));
    }
    return text.substr(0, got);
  }

  void expect(const std::string& text) const { BOOST_TEST(next(text.size()) == text); }

  study::UniqueFd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  study::UniqueFd terminal;
};

host::ProgressStep step(std::size_t run, ExperimentState state,
                        Progress::Clock::duration ran = {}) {
  host::ProgressStep result;
  result.run = run;
  result.state = state;
  result.title = "gzip / level=3";
  result.ran = ran;
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(without_a_terminal_each_transition_is_a_plain_line) {
  FileConsole file;
  Progress progress(file.console, 12, 1, {}, kStart);
  progress.note(step(0, ExperimentState::running), kStart);
  progress.note(step(0, ExperimentState::completed, 1200ms), kStart + 1200ms);
  const auto failure = host::make_failure("ProcessExit", "exited with code 3:\nno disk");
  auto failed = step(1, ExperimentState::failed, 70ms);
  failed.failure = &failure;
  progress.note(step(1, ExperimentState::running), kStart + 2s);
  progress.note(failed, kStart + 3s);
  progress.note(step(2, ExperimentState::running), kStart + 3s);
  progress.note(step(2, ExperimentState::pending, 1s), kStart + 4s);
  progress.finish(kStart + 4s);
  BOOST_TEST(file.text() ==
             "[ 0/12] running gzip / level=3\n"
             "[ 1/12] completed gzip / level=3 (1.2 s)\n"
             "[ 1/12] running gzip / level=3\n"
             "[ 2/12] failed gzip / level=3 (70 ms): ProcessExit: exited with code 3:\\nno disk\n"
             "[ 2/12] running gzip / level=3\n"
             "[ 2/12] interrupted gzip / level=3 (1.0 s)\n"
             "1 completed, 1 failed, 10 pending of 12 in 4.0 s\n");
}

BOOST_AUTO_TEST_CASE(nothing_is_estimated_before_a_run_has_finished) {
  FileConsole file;
  Progress progress(file.console, 3, 1, {}, kStart);
  progress.note(step(0, ExperimentState::running), kStart);
  BOOST_TEST(!progress.estimate(kStart + 5s));
  BOOST_TEST(progress.status_line(kStart + 5s) ==
             "0/3 done, 1 running, 5.0 s elapsed: gzip / level=3");
}

BOOST_AUTO_TEST_CASE(what_is_left_is_estimated_from_the_mean_and_the_jobs) {
  FileConsole file;
  Progress progress(file.console, 6, 2, {}, kStart);
  for (const std::size_t run : {0u, 1u}) {
    progress.note(step(run, ExperimentState::running), kStart);
    progress.note(step(run, ExperimentState::completed, 10s), kStart + 10s);
  }
  // Four runs of 10 s, two at a time.
  BOOST_TEST((progress.estimate(kStart + 10s) == Progress::Clock::duration(20s)));
  progress.note(step(2, ExperimentState::running), kStart + 10s);
  BOOST_TEST((progress.estimate(kStart + 14s) == Progress::Clock::duration(18s)));
  BOOST_TEST(
      progress.status_line(kStart + 14s) ==
      "2/6 done, 1 running, 14.0 s elapsed, about 18 s left: gzip / level=3; completed last: "
      "gzip / level=3 (10.0 s)");
}

BOOST_AUTO_TEST_CASE(a_program_that_could_not_be_started_says_nothing_of_durations) {
  FileConsole file;
  Progress progress(file.console, 2, 1, {}, kStart);
  progress.note(step(0, ExperimentState::failed), kStart);
  BOOST_TEST(!progress.estimate(kStart));
}

BOOST_AUTO_TEST_CASE(gaps_are_part_of_the_estimate) {
  FileConsole file;
  Progress progress(file.console, 4, 1, {0s, 5s, 60s, 5s}, kStart);
  progress.note(step(0, ExperimentState::running), kStart);
  progress.note(step(0, ExperimentState::completed, 1s), kStart + 1s);
  BOOST_TEST((progress.estimate(kStart + 1s) == Progress::Clock::duration(73s)));
  // Two seconds of the first have passed.
  BOOST_TEST((progress.estimate(kStart + 3s) == Progress::Clock::duration(71s)));
  progress.note(step(1, ExperimentState::running), kStart + 6s);
  BOOST_TEST((progress.estimate(kStart + 6s) == Progress::Clock::duration(68s)));
  progress.note(step(1, ExperimentState::completed, 1s), kStart + 7s);
  progress.note(step(2, ExperimentState::failed), kStart + 67s);
  BOOST_TEST((progress.estimate(kStart + 7s) == Progress::Clock::duration(6s)));
}

BOOST_AUTO_TEST_CASE(the_experiments_that_run_are_named) {
  FileConsole file;
  Progress progress(file.console, 3, 2, {}, kStart);
  for (const auto& [run, title] : {std::pair(0u, "gzip"), std::pair(1u, "xz\n")}) {
    auto running = step(run, ExperimentState::running);
    running.title = title;
    progress.note(running, kStart);
  }
  BOOST_TEST(progress.status_line(kStart) == "0/3 done, 2 running, 0 ms elapsed: gzip, xz\\n");
}

BOOST_AUTO_TEST_CASE(a_run_that_is_tried_again_has_not_failed) {
  FileConsole file;
  Progress progress(file.console, 1, 1, {}, kStart);
  progress.note(step(0, ExperimentState::running), kStart);
  progress.note(step(0, ExperimentState::failed, 1s), kStart + 1s);
  auto again = step(0, ExperimentState::running);
  again.is_retry = true;
  progress.note(again, kStart + 1s);
  progress.note(step(0, ExperimentState::completed, 1s), kStart + 2s);
  BOOST_TEST(progress.summary(kStart + 2s) == "1 completed, 0 failed, 0 pending of 1 in 2.0 s");
}

BOOST_AUTO_TEST_CASE(nothing_is_said_of_what_is_left_when_nothing_is) {
  FileConsole file;
  Progress progress(file.console, 1, 1, {}, kStart);
  progress.note(step(0, ExperimentState::running), kStart);
  progress.note(step(0, ExperimentState::completed, 1s), kStart + 1s);
  BOOST_TEST(progress.status_line(kStart + 1s) ==
             "1/1 done, 0 running, 1.0 s elapsed; completed last: gzip / level=3 (1.0 s)");
}

BOOST_AUTO_TEST_CASE(on_a_terminal_one_line_is_replaced_in_place_and_log_lines_go_above_it) {
  TerminalConsole terminal;
  host::Console console(terminal.terminal.get());
  Progress progress(console, 2, 1, {}, kStart);
  progress.note(step(0, ExperimentState::running), kStart);
  // As much of it as there is room for.
  terminal.expect("0/2 done, 1 running, 0 ms elapsed: gzip");
  console.write_line("study-host: warning: hm");
  terminal.expect("\r\x1b[Kstudy-host: warning: hm\r\n0/2 done, 1 running, 0 ms elapsed: gzip");
  progress.refresh(kStart + 3s);
  terminal.expect("\r\x1b[K0/2 done, 1 running, 3.0 s elapsed: gzi");
  progress.finish(kStart + 4s);
  terminal.expect("\r\x1b[K");
  terminal.expect("0 completed, 0 failed, 2 pending of 2 in 4.0 s\r\n");
}

BOOST_AUTO_TEST_CASE(the_line_fits_the_terminal) {
  TerminalConsole terminal;
  host::Console console(terminal.terminal.get());
  console.set_progress(std::string(30, 'x') + "…………………………");
  terminal.expect(std::string(30, 'x') + "………………………");  // 39 of 40 columns
  console.set_progress({});
  terminal.expect("\r\x1b[K");
}

BOOST_AUTO_TEST_CASE(durations_read_well) {
  BOOST_TEST(host::elapsed_text(70ms) == "70 ms");
  BOOST_TEST(host::elapsed_text(1200ms) == "1.2 s");
  BOOST_TEST(host::elapsed_text(185s) == "3 min 05 s");
  BOOST_TEST(host::elapsed_text(2h + 7min) == "2 h 07 min");
  BOOST_TEST(host::left_text(70ms) == "1 s");
  BOOST_TEST(host::left_text(17600ms) == "18 s");
  BOOST_TEST(host::left_text(185s) == "3 min 05 s");
  BOOST_TEST(host::limit_text(600s) == "600 s");
  BOOST_TEST(host::limit_text(1050ms) == "1.05 s");
}

BOOST_AUTO_TEST_SUITE_END()
