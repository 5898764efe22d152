/// A PostgreSQL server of the test's own: a new cluster on a socket in a temporary folder.
#pragma once

#include "support/run_program.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace study_test {

/// Where initdb and postgres are; empty if there is no server here.
[[nodiscard]] inline std::filesystem::path postgres_programs() {
  namespace fs = std::filesystem;
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    folders.push_back(version.path() / "bin");
  }
  std::sort(folders.rbegin(), folders.rend());
  std::istringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string folder; std::getline(path, folder, ':');) folders.emplace_back(folder);
  for (const fs::path& folder : folders) {
    if (::access((folder / "initdb").c_str(), X_OK) == 0 &&
        ::access((folder / "postgres").c_str(), X_OK) == 0) {
      return folder;
    }
  }
  return {};
}

/// Runs until it is gone; a server does not run as root, so root's runs as another user.
class PostgresServer {
 public:
  /// Throws if it can't be started. Its superuser is `study`, whom it trusts. On `address`, if that
  /// is not empty, it listens, too.
  explicit PostgresServer(std::string address = "") : address_(std::move(address)) {
    // Nothing but this server, whatever the environment says.
    for (const char* name : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD",
                             "PGPASSFILE", "PGSERVICE", "PGOPTIONS", "PGSSLMODE"}) {
      ::unsetenv(name);
    }
    if (::geteuid() == 0) choose_user();
    ::chmod(dir_.path().c_str(), 0711);
    for (const auto& path : {data(), socket_dir()}) {
      std::filesystem::create_directory(path);
      if (user_ != 0 && ::chown(path.c_str(), user_, group_) != 0)
        throw std::runtime_error("chown");
    }
    run({programs_ / "initdb", "-D", data(), "-U", "study", "--auth=trust", "--no-sync",
         "--encoding=UTF8", "--locale=C", "--no-instructions"});
    start();
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer() { kill(); }

  void start() {
    pid_ = spawn({programs_ / "postgres", "-D", data(), "-k", socket_dir(), "-c",
                  "listen_addresses=" + address_, "-c", "dynamic_shared_memory_type=mmap", "-c",
                  "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=40"});
    wait_until("the server answers", [this] {
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) throw std::runtime_error("it ended: " + log());
      return ::PQping(connection().c_str()) == PQPING_OK;
    });
  }

  /// SIGKILL for all of it, as in a power loss.
  void kill() {
    if (pid_ <= 0) return;
    const std::vector<pid_t> children = children_of_server();
    ::kill(pid_, SIGKILL);
    for (const pid_t child : children) ::kill(child, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    for (const pid_t child : children) wait_until("it is gone", [&] { return is_gone(child); });
  }

  /// Neither answers nor closes anything until thaw().
  void freeze() { signal_all(SIGSTOP); }
  void thaw() { signal_all(SIGCONT); }

  /// Adds a line to the front of pg_hba.conf, which tells who is let in and how.
  void let_in(const std::string& line) {
    const auto path = data() / "pg_hba.conf";
    std::stringstream before;
    before << std::ifstream(path).rdbuf();
    std::ofstream(path) << line << '\n' << before.str();
    query("SELECT pg_reload_conf()");
  }

  [[nodiscard]] std::filesystem::path socket_dir() const { return dir_ / "socket"; }
  [[nodiscard]] std::string connection(const std::string& user = "study",
                                       const std::string& database = "postgres") const {
    return "host=" + socket_dir().string() + " user=" + user + " dbname=" + database;
  }

  /// The first value that `sql` gives, as text; throws for an error.
  std::string query(const std::string& sql, const std::string& database = "postgres") const {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> session(
        ::PQconnectdb(connection("study", database).c_str()), &PQfinish);
    ::PQsetNoticeReceiver(
        session.get(), [](void*, const PGresult*) {}, nullptr);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(::PQexec(session.get(), sql.c_str()),
                                                               &PQclear);
    const auto status = ::PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      throw std::runtime_error(sql + ": " + ::PQerrorMessage(session.get()));
    }
    return ::PQntuples(result.get()) == 0 ? "" : ::PQgetvalue(result.get(), 0, 0);
  }

 private:
  [[nodiscard]] std::filesystem::path data() const { return dir_ / "data"; }
  [[nodiscard]] std::string log() const {
    std::stringstream text;
    text << std::ifstream(dir_ / "log").rdbuf();
    return text.str();
  }

  void choose_user() {
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) user = ::getpwnam("nobody");
    if (user == nullptr) throw std::runtime_error("no user to run the server as");
    user_ = user->pw_uid;
    group_ = user->pw_gid;
  }

  /// Between fork and exec only what is safe there: the test may have threads.
  [[nodiscard]] pid_t spawn(const std::vector<std::string>& command) const {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const std::string log_file = dir_ / "log";
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int fd = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::dup2(fd, STDOUT_FILENO);
    ::dup2(fd, STDERR_FILENO);
    if (user_ != 0 && (::setgid(group_) != 0 || ::setuid(user_) != 0)) ::_exit(126);
    // Behind setuid(2), which takes it back: a test that dies takes its server along.
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::chdir("/") != 0) ::_exit(126);
    ::execv(words[0], words.data());
    ::_exit(127);
  }

  void run(const std::vector<std::string>& command) const {
    int status = 0;
    ::waitpid(spawn(command), &status, 0);
    if (status != 0) throw std::runtime_error(command.front() + " failed: " + log());
  }

  [[nodiscard]] std::vector<pid_t> children_of_server() const {
    const std::string pid = std::to_string(pid_);
    std::ifstream list("/proc/" + pid + "/task/" + pid + "/children");
    std::vector<pid_t> children;
    for (pid_t child = 0; list >> child;) children.push_back(child);
    return children;
  }

  void signal_all(int signal) const {
    ::kill(pid_, signal);
    for (const pid_t child : children_of_server()) ::kill(child, signal);
  }

  [[nodiscard]] static bool is_gone(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(stat, text);
    const auto end = text.rfind(')');
    return end == std::string::npos || text.substr(end + 2, 1) == "Z";
  }

  const std::string address_;
  const std::filesystem::path programs_ = postgres_programs();
  TempDir dir_{memory_directory()};
  uid_t user_ = 0;
  gid_t group_ = 0;
  pid_t pid_ = -1;
};

}  // namespace study_test
