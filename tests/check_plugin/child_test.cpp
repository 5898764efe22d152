// The process in which check-plugin tries a case, whatever happens in it.
#include "check_plugin/child.hpp"

#include "support/run_program.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using host::CaseFailed;
using host::CaseResult;
using host::ChildRunner;
using host::StepFunction;
using host::Verdict;

namespace {

constexpr std::chrono::seconds kLongEnough{60};

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(STDOUT_FILENO, text.data(), text.size());
    if (size < 0) throw std::runtime_error("write");
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

void print_megabytes(int megabytes) {
  const std::string line = std::string(65'535, 'x') + "\n";
  for (int i = 0; i < megabytes * 16; ++i) print(line);
}

[[noreturn]] void wait_for_ever() {
  for (;;) ::pause();
}

/// Of this process, getrusage(2).
long largest_memory_kb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// Numbers of processes, which outlive who writes them down.
struct SharedPids {
  SharedPids()
      : pids(static_cast<volatile pid_t*>(
            ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  SharedPids(const SharedPids&) = delete;
  SharedPids& operator=(const SharedPids&) = delete;
  ~SharedPids() { ::munmap(const_cast<pid_t*>(pids), 4096); }

  volatile pid_t* pids;
};

bool is_gone(pid_t pid) {
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

/// A daemon, and one that the daemon has started in a session of its own again.
void start_two_daemons(volatile pid_t* pids) {
  if (::fork() == 0) {
    ::setsid();
    pids[0] = ::getpid();
    if (::fork() == 0) {
      ::setsid();
      pids[1] = ::getpid();
    }
    wait_for_ever();
  }
  study_test::wait_until("the daemons", [&] { return pids[0] != 0 && pids[1] != 0; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child)

BOOST_AUTO_TEST_CASE(what_a_child_prints_is_not_kept_anywhere) {
  const long before = largest_memory_kb();
  const CaseResult result = ChildRunner().run(
      [](const StepFunction&) {
        print_megabytes(32);
        struct stat output {};
        ::fstat(STDOUT_FILENO, &output);
        if (output.st_size != 0) throw CaseFailed(std::to_string(output.st_size) + " bytes");
        return std::string();
      },
      kLongEnough);
  BOOST_TEST((result.verdict == Verdict::pass), result.text);
  BOOST_TEST(largest_memory_kb() < before + 16'000);
}

BOOST_AUTO_TEST_CASE(but_the_last_line_is_told_if_it_dies) {
  const CaseResult result = ChildRunner().run(
      [](const StepFunction&) -> std::string {
        print_megabytes(1);
        print("the disk is on fire\n\n");
        std::abort();
      },
      kLongEnough);
  BOOST_TEST(result.text == "died of SIGABRT; it printed: the disk is on fire");
}

BOOST_AUTO_TEST_CASE(what_the_host_has_not_printed_yet_is_not_its_last_line) {
  std::fputs("the host's own words ", stdout);
  const CaseResult result = ChildRunner().run(
      [](const StepFunction&) -> std::string {
        std::fputs("the disk is on fire\n", stdout);
        std::fflush(stdout);
        std::abort();
      },
      kLongEnough);
  BOOST_TEST(result.text == "died of SIGABRT; it printed: the disk is on fire");
}

BOOST_AUTO_TEST_CASE(one_that_prints_for_ever_is_ended_in_time) {
  const CaseResult result = ChildRunner().run(
      [](const StepFunction&) -> std::string {
        for (;;) print_megabytes(1);
      },
      std::chrono::milliseconds(200));
  BOOST_TEST(result.text == "no answer within 0.2 s");
}

BOOST_AUTO_TEST_CASE(all_processes_that_it_has_started_go_with_it) {
  for (const bool in_time : {true, false}) {
    const SharedPids shared;
    const CaseResult result = ChildRunner().run(
        [&](const StepFunction&) -> std::string {
          start_two_daemons(shared.pids);
          if (in_time) return {};
          wait_for_ever();
        },
        in_time ? kLongEnough : std::chrono::seconds(1));
    BOOST_TEST((result.verdict == (in_time ? Verdict::pass : Verdict::fail)), result.text);
    BOOST_TEST(shared.pids[0] != 0);
    BOOST_TEST(is_gone(shared.pids[0]));
    BOOST_TEST(is_gone(shared.pids[1]));
  }
}

BOOST_AUTO_TEST_CASE(a_signal_to_stop_ends_it_and_is_told) {
  const ChildRunner runner;
  ::kill(::getpid(), SIGTERM);
  const auto run = [&] {
    static_cast<void>(
        runner.run([](const StepFunction&) -> std::string { wait_for_ever(); }, kLongEnough));
  };
  BOOST_CHECK_EXCEPTION(run(), host::Interrupted,
                        [](const auto& error) { return error.signal() == SIGTERM; });
}

BOOST_AUTO_TEST_SUITE_END()
