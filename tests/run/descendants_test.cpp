// Whose the processes are that have fallen to the host.
#include "run/descendants.hpp"

#include "is_alive.hpp"
#include "support/run_program.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace study_test;

namespace {

/// A leader of a session that has ended, its child, and that one's child, which wait for ever.
struct Line {
  pid_t leader = -1;
  pid_t child = -1;
  pid_t grandchild = -1;
};

Line make_line() {
  std::array<int, 2> told{};
  if (::pipe(told.data()) != 0) throw std::runtime_error("pipe");
  Line line;
  line.leader = ::fork();
  if (line.leader == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    const pid_t grandchild = ::fork();
    if (grandchild != 0) {
      const std::array<pid_t, 2> pids{::getpid(), grandchild};
      if (::write(told[1], pids.data(), sizeof pids) < 0) ::_exit(1);
    }
    while (true) ::pause();
  }
  std::array<pid_t, 2> pids{};
  if (::read(told[0], pids.data(), sizeof pids) != sizeof pids) throw std::runtime_error("read");
  line.child = pids[0];
  line.grandchild = pids[1];
  ::close(told[0]);
  ::close(told[1]);
  return line;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(descendants)

BOOST_AUTO_TEST_CASE(what_falls_to_the_host_while_it_looks_is_not_overlooked) {
  host::Descendants descendants;
  const Line line = make_line();
  descendants.begin(line.leader, 0, "run");
  wait_until("the leader has ended", [&] { return !is_alive(line.leader); });
  descendants.update();
  ::kill(line.child, SIGKILL);  // now that it is known, and its own child isn't
  wait_until("the child has ended", [&] { return !is_alive(line.child); });
  const std::vector<host::ProcessFacts> left = descendants.left_by(line.leader);
  BOOST_TEST(std::any_of(left.begin(), left.end(), [&](const host::ProcessFacts& facts) {
    return facts.id.pid == line.grandchild;
  }));
  ::kill(line.grandchild, SIGKILL);
  wait_until("the last has ended", [&] { return !is_alive(line.grandchild); });
  BOOST_TEST(descendants.left_by(line.leader).empty());
  descendants.end(line.leader);
  ::waitpid(line.leader, nullptr, 0);
}

BOOST_AUTO_TEST_SUITE_END()
