// A host that loses its power, seen from the server: packets to it vanish, and nobody says goodbye.
#define BOOST_TEST_MODULE postgres_lost_host
#define BOOST_TEST_NO_MAIN
#include "support/postgres_server.hpp"
#include "support/study_folder.hpp"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

using namespace study_test;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

ProgramResult ip(const std::string& arguments) {
  return run_program({"sh", "-c", "ip " + arguments});
}

/// A network of this machine and one in a namespace, which goes dark without a word.
class DarkNetwork {
 public:
  DarkNetwork() {
    for (const std::string& command :
         {"netns add " + name_,
          "link add " + here_ + " type veth peer name " + there_ + " netns " + name_,
          "addr add " + address("1") + "/24 dev " + here_, "link set " + here_ + " up",
          "-n " + name_ + " addr add " + address("2") + "/24 dev " + there_,
          "-n " + name_ + " link set " + there_ + " up"}) {
      const ProgramResult result = ip(command);
      if (result.exit_code != 0 && problem_.empty()) problem_ = command + ": " + result.err;
    }
    // Else whoever sends into the dark learns at once that nobody answers for the address.
    static_cast<void>(ip("neigh replace " + address("2") + " dev " + here_ + " nud permanent " +
                         "lladdr $(ip -n " + name_ + " -br link show " + there_ +
                         " | awk '{print $3}')"));
  }
  DarkNetwork(const DarkNetwork&) = delete;
  DarkNetwork& operator=(const DarkNetwork&) = delete;
  ~DarkNetwork() {
    static_cast<void>(ip("link del " + here_));
    static_cast<void>(ip("netns del " + name_));
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::string server_address() const { return address("1"); }
  [[nodiscard]] std::vector<std::string> inside(std::vector<std::string> command) const {
    command.insert(command.begin(), {"ip", "netns", "exec", name_});
    return command;
  }
  void go_dark() const { static_cast<void>(ip("-n " + name_ + " addr flush dev " + there_)); }

 private:
  [[nodiscard]] std::string address(const char* last) const {
    return "198.18." + std::to_string(::getpid() % 250) + "." + last;
  }

  std::string name_ = "study-" + std::to_string(::getpid());
  std::string here_ = "sh" + std::to_string(::getpid());
  std::string there_ = "st" + std::to_string(::getpid());
  std::string problem_;
};

const DarkNetwork& network() {
  static const DarkNetwork instance;
  return instance;
}

PostgresServer& server() {
  static PostgresServer instance(network().server_address());
  return instance;
}

/// A study-host on the other side, whose only experiment waits for the file `go`.
struct RemoteHost {
  explicit RemoteHost(std::string study_name) : schema(std::move(study_name)) {
    folder.host({json::object{
        {"plugin", "postgres_writer"},
        {"options",
         {{"connection", "host=" + network().server_address() + " user=study dbname=postgres"},
          {"schema", schema}}}}});
    folder.study("touch " + (folder / "begun").string() + "; until test -e " +
                 (folder / "go").string() + "; do sleep 0.01; done; echo '{}'");
    program.emplace(network().inside(folder.command()));
    wait_until("the experiment runs", [&] { return fs_exists(folder / "begun"); });
    session =
        std::stoi(server().query("SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE "
                                 "locktype = 'advisory' AND "
                                 "query LIKE '%\"" +
                                 schema + "\".%'"));
  }

  static bool fs_exists(const std::filesystem::path& path) { return std::filesystem::exists(path); }
  [[nodiscard]] bool holds_its_lock() const {
    return server().query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = " +
                          std::to_string(session)) != "0";
  }

  std::string schema;
  StudyFolder folder;
  std::optional<Program> program;
  pid_t session = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_lock_of_a_host_without_power_is_free_within_half_a_minute) {
  server().let_in("host all all 198.18.0.0/16 trust");
  const RemoteHost idle("idle");
  const RemoteHost answered("answered");
  // The server's answer to the second is on its way when the network goes dark: no keepalive is
  // sent then.
  ::kill(answered.session, SIGSTOP);
  answered.folder.write("go", "");
  wait_until("the transition has been sent", [&] {
    const ProgramResult queues = run_program({"ss", "-tnH", "src", network().server_address()});
    std::istringstream lines(queues.out);
    std::string state;
    long received = 0;
    for (std::string line; std::getline(lines, line);) {
      if (std::istringstream(line) >> state >> received && received > 0) return true;
    }
    return false;
  });
  network().go_dark();
  ::kill(answered.session, SIGCONT);
  const auto dark_since = steady_clock::now();
  const auto elapsed = [&] { return steady_clock::now() - dark_since; };
  // Later than it should be by what a busy machine takes: the kernel's clocks don't mind.
  constexpr seconds kLatest{60};
  seconds of_idle{0};
  seconds of_answered{0};
  while (elapsed() < kLatest && (of_idle.count() == 0 || of_answered.count() == 0)) {
    if (of_idle.count() == 0 && !idle.holds_its_lock())
      of_idle = std::chrono::ceil<seconds>(elapsed());
    if (of_answered.count() == 0 && !answered.holds_its_lock())
      of_answered = std::chrono::ceil<seconds>(elapsed());
    ::poll(nullptr, 0, 100);
  }
  std::cout << "free after " << of_idle.count() << " s where nothing was under way, "
            << of_answered.count() << " s where an answer was\n";
  BOOST_TEST(of_idle.count() > 5);  // and not because a process has ended
  BOOST_TEST(of_answered.count() > 5);
}

int main(int argc, char** argv) {
  const auto skip = [](const std::string& why) {
    std::cout << "SKIPPED: " << why << std::endl;
    return 0;
  };
  if (postgres_programs().empty()) return skip("no PostgreSQL server is installed here");
  if (run_program({"sh", "-c", "command -v ip && command -v ss"}).exit_code != 0) {
    return skip("no iproute2 is installed here");
  }
  if (!network().problem().empty()) return skip("no network namespaces: " + network().problem());
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
