#include "postgres/first_connection.hpp"

#include "base/format.hpp"
#include "postgres/delivery.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <string_view>

#include <poll.h>

namespace study::postgres {
namespace {

/// For the second look at a refusal.
constexpr std::chrono::seconds kLookTime{2};
/// A pooler that keeps sessions apart has all of them in use if a second one is not to be had.
constexpr std::chrono::seconds kSecondSessionTime{3};
/// In a busy pool one comparison says little.
constexpr int kComparisons = 20;

/// At the end of a line `…:  53300`, as PQERRORS_SQLSTATE has it; empty if there is none.
[[nodiscard]] std::string sqlstate_in(std::string_view message) {
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  constexpr std::size_t kSize = 5;
  if (message.size() < kSize + 2) return {};
  const std::string_view code = message.substr(message.size() - kSize);
  const bool is_code = std::ranges::all_of(
      code, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
  const bool stands_apart = message.substr(message.size() - kSize - 2, 2) == "  ";
  return is_code && stands_apart ? std::string(code) : std::string();
}

/// Why the server refuses a connection. libpq has the code of that nowhere but in its text, if it
/// was asked for beforehand, which takes a connection that is begun step by step.
[[nodiscard]] std::string look_for_sqlstate(const ConnectionSettings& settings) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
      PQconnectStartParams(settings.keywords().data(), settings.values().data(), /*expand=*/0),
      &PQfinish);
  if (!connection || PQstatus(connection.get()) == CONNECTION_BAD) return {};
  PQsetErrorVerbosity(connection.get(), PQERRORS_SQLSTATE);
  const Deadline deadline = Clock::now() + kLookTime;
  auto next = PGRES_POLLING_WRITING;
  while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return {};
    pollfd waiting{PQsocket(connection.get()),
                   static_cast<short>(next == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (::poll(&waiting, 1, static_cast<int>(left)) == 0) return {};
    next = PQconnectPoll(connection.get());
  }
  return next == PGRES_POLLING_OK ? std::string() : sqlstate_in(PQerrorMessage(connection.get()));
}

[[nodiscard]] std::string_view what_to_do(const std::string& sqlstate) {
  if (sqlstate == "53300") {
    return "All connections are taken, and each host needs one: raise the server's "
           "max_connections, or the limit of the role or the database, or wait longer with option "
           "\"start_wait_seconds\"";
  }
  if (sqlstate.starts_with("57")) {
    return "It starts or stops: try again, or wait longer with option \"start_wait_seconds\"";
  }
  if (sqlstate.starts_with("28")) {
    return "Mend user and password in option \"connection\", the PG* environment or ~/.pgpass, or "
           "let the user in (pg_hba.conf)";
  }
  if (sqlstate == "3D000") return "Create the database, or name another one";
  return "Start it, or mend option \"connection\" or the PG* environment";
}

/// Where a session is.
[[nodiscard]] std::int64_t backend_of(Connection& connection, Deadline deadline) {
  return connection.run("SELECT pg_catalog.pg_backend_pid()", deadline).integer(0, 0);
}

/// Whether two sessions that are open at the same time are ever in one place, or one of them in
/// two. No transaction is held open: in a pool of one session the other would wait for it.
[[nodiscard]] bool are_mixed(Connection& first, Connection& second, std::int64_t first_backend,
                             Deadline deadline) {
  std::int64_t second_backend = 0;
  try {
    second_backend = backend_of(second, Clock::now() + kSecondSessionTime);
  } catch (const ServerError&) {
    return false;  // it has to wait for the first to end: they are kept apart
  }
  if (second_backend == first_backend) return true;
  for (int i = 0; i < kComparisons; ++i) {
    if (backend_of(first, deadline) != first_backend) return true;
    if (backend_of(second, deadline) != second_backend) return true;
  }
  return false;
}

void pause(const Interrupt& interrupt, std::chrono::milliseconds duration) {
  pollfd asked{interrupt.fd(), POLLIN, 0};
  ::poll(&asked, 1, static_cast<int>(duration.count()));
}

}  // namespace

bool may_pass(const std::string& sqlstate) {
  return sqlstate.empty() || sqlstate.starts_with("53") || sqlstate.starts_with("57") ||
         sqlstate.starts_with("08");
}

Connection connect_first(const ConnectionSettings& settings, const Interrupt& interrupt,
                         std::chrono::milliseconds wait, const checkpoint::Log& log) {
  const Deadline deadline = Clock::now() + wait;
  std::mt19937 random(std::random_device{}());
  for (int failures = 1;; ++failures) {
    try {
      return Connection(settings, &interrupt);
    } catch (const ServerError& error) {
      const std::string sqlstate = look_for_sqlstate(settings);
      const std::string problem = study::format("the PostgreSQL server can't be used: {}. {}",
                                                error.what(), what_to_do(sqlstate));
      if (!may_pass(sqlstate)) throw StudyError(problem);
      if (Clock::now() >= deadline) throw StoreAway(problem);
      if (failures == 1 && log) {
        log(LogSeverity::warning,
            study::format("the PostgreSQL server can't be used yet, and is waited for, {} s at "
                          "most: {}",
                          std::chrono::ceil<std::chrono::seconds>(wait).count(), error.what()));
      }
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pause(interrupt, std::clamp(left, std::chrono::milliseconds(0),
                                reconnect_pause(std::min(failures, 5), false, random)));
  }
}

void refuse_transaction_pooler(Connection& connection, const ConnectionSettings& settings,
                               const Interrupt& interrupt, Deadline deadline) {
  const std::int64_t backend = backend_of(connection, deadline);
  // A pooler gives its clients keys of its own to cancel with, of which this is a half.
  if (backend == connection.server_pid()) return;
  std::optional<Connection> second;
  try {
    second.emplace(settings, &interrupt);
  } catch (const ServerError&) {
    return;  // it has no room for another client: nothing can be told
  }
  if (!are_mixed(connection, *second, backend, deadline)) return;
  throw StudyError(study::format(
      "{} is reached through a pooler that gives each transaction another session of the server, "
      "so that nobody holds the study's lock (as PgBouncer with pool_mode = transaction): set "
      "pool_mode = session there for this database, or name the server's own host and port in "
      "option \"connection\"",
      connection.description()));
}

}  // namespace study::postgres
