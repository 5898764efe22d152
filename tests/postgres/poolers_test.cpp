// A pooler between the hosts and the server: one that keeps sessions apart is fine, one that mixes
// them is named before anything is written.
#define BOOST_TEST_MODULE postgres_poolers
#define BOOST_TEST_NO_MAIN
#include "written_study.hpp"

#include <study/error.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace study;
using namespace study_test;

namespace {

constexpr const char* kPgBouncer = "/usr/sbin/pgbouncer";

/// A PgBouncer on a socket of its own, which it may not listen on as root.
class PgBouncer {
 public:
  PgBouncer(const std::string& mode, int pool_size, const std::string& more = "") {
    ::chmod(dir_.path().c_str(), 0777);
    std::ofstream(dir_ / "users") << "\"study\" \"\"\n";
    std::ofstream(dir_ / "pgbouncer.ini")
        << "[databases]\n* = host=" << server().socket_dir().string()
        << "\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = "
        << dir_.path().string() << "\nauth_type = trust\nauth_file = " << (dir_ / "users").string()
        << "\npool_mode = " << mode << "\ndefault_pool_size = " << pool_size
        << "\nlogfile = " << (dir_ / "log").string()
        << "\nignore_startup_parameters = extra_float_digits\n"
        << more;
    start();
    wait_until("the pooler answers",
               [this] { return ::PQping(connection().c_str()) == PQPING_OK; });
  }
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;
  ~PgBouncer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] std::string connection() const {
    return "host=" + dir_.path().string() + " port=6432 user=study dbname=postgres";
  }
  [[nodiscard]] postgres::PostgresOptions options() const {
    auto options = fresh_options();
    options.connection = connection();
    return options;
  }

 private:
  void start() {
    const std::string config = dir_ / "pgbouncer.ini";
    const passwd* const user = ::geteuid() == 0 ? ::getpwnam("nobody") : nullptr;
    pid_ = ::fork();
    if (pid_ != 0) return;
    if (user != nullptr && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) {
      ::_exit(126);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execl(kPgBouncer, kPgBouncer, "-q", config.c_str(), nullptr);
    ::_exit(127);
  }

  TempDir dir_{memory_directory()};
  pid_t pid_ = -1;
};

void check_is_refused(const PgBouncer& pooler) {
  const auto options = pooler.options();
  const TempDir dir;
  BOOST_CHECK_EXCEPTION(WrittenStudy(options, dir.path()), StudyError, [](const StudyError& error) {
    const std::string text = error.what();
    BOOST_TEST_MESSAGE(text);
    return text.find("set pool_mode = session there") != std::string::npos &&
           text.find("the server's own host and port") != std::string::npos;
  });
  BOOST_TEST(std::filesystem::is_empty(dir.path()));
  BOOST_TEST(server().query("SELECT count(*) FROM pg_namespace WHERE nspname = '" + options.schema +
                            "'") == "0");
  // Nor is anything set in a session that others get next.
  BOOST_TEST(server().query("SELECT count(*) FROM pg_stat_activity WHERE application_name <> '' "
                            "AND query LIKE '%set_config%' AND pid <> pg_backend_pid()") == "0");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(poolers)

BOOST_DATA_TEST_CASE(one_that_mixes_sessions_is_named_before_anything_is_written,
                     boost::unit_test::data::make({"transaction", "statement"}) *
                         boost::unit_test::data::make({1, 2, 20}),
                     mode, pool_size) {
  check_is_refused(PgBouncer(mode, pool_size));
}

BOOST_AUTO_TEST_CASE(so_is_one_that_takes_its_connections_in_turn) {
  check_is_refused(PgBouncer("transaction", 5, "server_round_robin = 1\nmin_pool_size = 5\n"));
}

BOOST_AUTO_TEST_CASE(so_is_one_that_others_use_meanwhile) {
  const PgBouncer pooler("transaction", 3);
  // Two of three sessions are held by what is in a transaction.
  std::vector<std::unique_ptr<PGconn, decltype(&PQfinish)>> others;
  for (int i = 0; i < 2; ++i) {
    others.emplace_back(::PQconnectdb(pooler.connection().c_str()), &PQfinish);
    ::PQclear(::PQexec(others.back().get(), "BEGIN"));
    BOOST_TEST_REQUIRE((::PQtransactionStatus(others.back().get()) == PQTRANS_INTRANS));
  }
  check_is_refused(pooler);
}

BOOST_DATA_TEST_CASE(one_that_keeps_sessions_apart_is_fine, boost::unit_test::data::make({1, 20}),
                     pool_size) {
  const PgBouncer pooler("session", pool_size);
  const auto options = pooler.options();
  const TempDir dir;
  {
    WrittenStudy study(options, dir.path());
    study.set(0, ExperimentState::running, 1);
    study.set(0, ExperimentState::completed, 2);
    study.end();
    BOOST_TEST(study.logged.empty());
    auto direct = options;
    direct.connection = server().connection();
    BOOST_TEST(read(direct, dir.path()) == study.expected());
  }
}

BOOST_AUTO_TEST_CASE(a_session_behind_a_pooler_that_hangs_is_ended_like_any_other) {
  const PgBouncer pooler("session", 20);
  auto options = pooler.options();
  options.answer_timeout = options.wait = std::chrono::milliseconds(200);
  const TempDir dir;
  WrittenStudy study(options, dir.path());
  const auto holder = [] {
    return server().query("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted");
  };
  const std::string first = holder();
  ::kill(std::stoi(first), SIGSTOP);
  study.set(0, ExperimentState::running, 1);
  wait_until("somebody waits for its lock", [&] {
    return server().query(
               "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == "1";
  });
  ::kill(std::stoi(first), SIGCONT);
  auto direct = options;
  direct.connection = server().connection();
  wait_until("what changed is stored",
             [&] { return read(direct, dir.path()) == study.expected(); });
  BOOST_TEST(holder() != first);
}

BOOST_AUTO_TEST_SUITE_END()

int main(int argc, char** argv) {
  if (postgres_programs().empty()) {
    std::cout << "SKIPPED: no PostgreSQL server is installed here" << std::endl;
    return 0;
  }
  if (::access(kPgBouncer, X_OK) != 0) {
    std::cout << "SKIPPED: no PgBouncer is installed here" << std::endl;
    return 0;
  }
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
