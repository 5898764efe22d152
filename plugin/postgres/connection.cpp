#include "postgres/connection.hpp"

#include "postgres/stored_text.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <poll.h>

namespace study::postgres {
namespace {

constexpr int kBinary = 1;

[[nodiscard]] std::string seconds_until(Deadline begin, Deadline end) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(end - begin);
  return std::to_string(std::max<std::int64_t>(1, seconds.count())) + " s";
}

}  // namespace

Connection::Connection(const ConnectionSettings& settings, const Interrupt* interrupt)
    : settings_(settings),
      interrupt_(interrupt),
      connection_(
          PQconnectdbParams(settings.keywords().data(), settings.values().data(), /*expand=*/0),
          &PQfinish) {
  if (!connection_) throw std::bad_alloc();
  if (PQstatus(connection_.get()) != CONNECTION_OK) fail_connection();
  // libpq would write them to stderr, which is the host's.
  PQsetNoticeReceiver(
      connection_.get(), [](void*, const PGresult*) {}, nullptr);
  require_sent(PQsetnonblocking(connection_.get(), 1) == 0 ? 1 : 0);
}

void Connection::fail_connection() const {
  const char* const password = PQpass(connection_.get());
  throw ServerError(settings_.presentable(PQerrorMessage(connection_.get()),
                                          password == nullptr ? "" : password));
}

ServerError Connection::error_of(const PGresult* result) const {
  const char* const password = PQpass(connection_.get());
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (text == nullptr) text = PQresultErrorMessage(result);  // it is libpq that speaks
  return ServerError(settings_.presentable(text, password == nullptr ? "" : password),
                     state == nullptr ? "" : state);
}

void Connection::require_sent(int success) const {
  if (success != 1) fail_connection();
}

bool Connection::wait(short events, Deadline deadline) const {
  pollfd waiting[2] = {{PQsocket(connection_.get()), events, 0},
                       {interrupt_ == nullptr ? -1 : interrupt_->fd(), POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
    const int ready = ::poll(waiting, 2, timeout);
    if (ready < 0 && errno != EINTR) throw ServerError("poll: the connection can't be waited for");
    if (ready > 0 && waiting[1].revents != 0) throw ServerError("the wait was ended");
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= deadline) return false;
  }
}

bool Connection::make_ready(Deadline deadline) {
  for (;;) {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0) fail_connection();
    if (PQisBusy(connection_.get()) == 0) return true;
    const short events = unsent == 0 ? POLLIN : POLLIN | POLLOUT;
    if (!wait(events, deadline)) return false;
    if (PQconsumeInput(connection_.get()) == 0) fail_connection();
  }
}

Connection::Result Connection::next_result(Deadline deadline) {
  const auto begin = Clock::now();
  if (!make_ready(deadline)) {
    throw ServerError("no answer from " + description() + " within " +
                      seconds_until(begin, deadline));
  }
  return Result(PQgetResult(connection_.get()), &PQclear);
}

Connection::Result Connection::finish(Deadline deadline) {
  std::optional<ServerError> error;
  Result last(nullptr, &PQclear);
  while (Result result = next_result(deadline)) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
      if (!error) error = error_of(result.get());
    } else {
      last = std::move(result);
    }
    if (status == PGRES_COPY_IN) break;
  }
  if (error) throw *error;
  return last;
}

Rows Connection::run(const std::string& sql, const BinaryRow& parameters, Deadline deadline) {
  const std::vector<int> formats(static_cast<std::size_t>(parameters.size()), kBinary);
  require_sent(PQsendQueryParams(connection_.get(), sql.c_str(), parameters.size(), nullptr,
                                 parameters.values().data(), parameters.lengths().data(),
                                 formats.data(), kBinary));
  return Rows(finish(deadline).release());
}

void Connection::run_script(const std::string& sql, Deadline deadline) {
  require_sent(PQsendQuery(connection_.get(), sql.c_str()));
  static_cast<void>(finish(deadline));
}

void Connection::copy_in(const std::string& sql, std::string_view data, Deadline deadline) {
  run_script(sql, deadline);
  constexpr std::size_t kPiece = 1 << 16;
  const auto put = [&](auto&& attempt) {
    for (int result = attempt(); result != 1; result = attempt()) {
      if (result < 0) fail_connection();
      if (!wait(POLLOUT, deadline)) throw ServerError("the server takes no more data");
    }
  };
  for (; !data.empty(); data.remove_prefix(std::min(kPiece, data.size()))) {
    const auto size = static_cast<int>(std::min(kPiece, data.size()));
    put([&] { return PQputCopyData(connection_.get(), data.data(), size); });
  }
  put([&] { return PQputCopyEnd(connection_.get(), nullptr); });
  static_cast<void>(finish(deadline));
}

void Connection::prepare(const char* name, const std::string& sql, Deadline deadline) {
  require_sent(PQsendPrepare(connection_.get(), name, sql.c_str(), 0, nullptr));
  static_cast<void>(finish(deadline));
}

void Connection::send(const char* prepared, const BinaryRow& parameters) {
  require_sent(PQenterPipelineMode(connection_.get()));
  const std::vector<int> formats(static_cast<std::size_t>(parameters.size()), kBinary);
  require_sent(PQsendQueryPrepared(connection_.get(), prepared, parameters.size(),
                                   parameters.values().data(), parameters.lengths().data(),
                                   formats.data(), kBinary));
}

void Connection::send_end() {
  pipeline_error_.reset();
  require_sent(PQpipelineSync(connection_.get()));
}

bool Connection::await_end(Deadline deadline) {
  for (;;) {
    if (!make_ready(deadline)) return false;
    const Result result(PQgetResult(connection_.get()), &PQclear);
    if (!result) {  // between two statements
      if (PQstatus(connection_.get()) != CONNECTION_OK) fail_connection();
      continue;
    }
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_PIPELINE_SYNC) break;
    if (status == PGRES_FATAL_ERROR && !pipeline_error_) pipeline_error_ = error_of(result.get());
    if (PQstatus(connection_.get()) != CONNECTION_OK) fail_connection();
  }
  if (pipeline_error_) throw *std::exchange(pipeline_error_, std::nullopt);
  return true;
}

std::string Connection::server_parameter(const char* name) const {
  const char* const value = PQparameterStatus(connection_.get(), name);
  return value == nullptr ? "" : value;
}

std::string Connection::description() const {
  const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  return settings_.presentable("database \"" + text(PQdb(connection_.get())) + "\" at " +
                               text(PQhost(connection_.get())) + ":" +
                               text(PQport(connection_.get())));
}

std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int32_t Rows::int4(int row, int column) const {
  return decode_int4(bytes(row, column));
}

std::int64_t Rows::int8(int row, int column) const {
  return decode_int8(bytes(row, column));
}

std::string Rows::text(int row, int column) const {
  return from_stored(bytes(row, column));
}

std::optional<std::string> Rows::optional_text(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return text(row, column);
}

Timestamp Rows::time(int row, int column) const {
  const auto time = decode_time(bytes(row, column));
  if (!time) {
    throw CheckpointError(CheckpointError::Kind::corrupt,
                          "the stored " + std::string(PQfname(result_.get(), column)) +
                              " is no time between the years 0 and 9999");
  }
  return *time;
}

std::optional<Timestamp> Rows::optional_time(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return time(row, column);
}

}  // namespace study::postgres
