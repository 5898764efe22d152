#include "postgres/connection.hpp"

#include "base/format.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <charconv>

#include <poll.h>
#include <sys/eventfd.h>

namespace study::postgres {
namespace {

constexpr Timestamp kEarliest = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr Timestamp kEnd =
    std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + std::chrono::days(1);

constexpr char kSubstitute = '\x1a';
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::string_view kNeedsEscape("\0\x1a", 2);

/// How many bytes the character at the front of `text` has; 0 if it isn't UTF-8.
[[nodiscard]] std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
    const std::string_view candidate = text.substr(0, size);
    if (is_valid_utf8(candidate)) return size;
  }
  return 0;
}

}  // namespace

Interrupt::Interrupt() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) throw FileError("eventfd", errno);
}

void Interrupt::request() const {
  ::eventfd_write(fd_.get(), 1);
}

std::string to_stored(std::string_view text) {
  if (text.find_first_of(kNeedsEscape) == std::string_view::npos && is_valid_utf8(text)) {
    return std::string(text);
  }
  std::string out;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0 || kNeedsEscape.find(text.front()) != std::string_view::npos) {
      const auto byte = static_cast<unsigned char>(text.front());
      out += {kSubstitute, kDigits[byte >> 4], kDigits[byte & 15]};
      text.remove_prefix(1);
    } else {
      out += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return out;
}

std::string from_stored(std::string_view stored) {
  std::string out;
  out.reserve(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] == kSubstitute && i + 2 < stored.size()) {
      const std::size_t high = kDigits.find(stored[i + 1]);
      const std::size_t low = kDigits.find(stored[i + 2]);
      if (high != std::string_view::npos && low != std::string_view::npos) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += stored[i];
  }
  return out;
}

void Parameters::append(std::string_view bytes) {
  begins_.push_back(bytes_.size());
  bytes_ += bytes;
  bytes_ += '\0';
}

std::vector<const char*> Parameters::values() const {
  std::vector<const char*> result;
  result.reserve(begins_.size());
  for (const std::size_t begin : begins_) {
    result.push_back(begin == kNull ? nullptr : bytes_.data() + begin);
  }
  return result;
}

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
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(deadline - begin);
    throw ServerError(study::format("no answer from {} within {} s", description(),
                                    std::max<std::int64_t>(1, waited.count())));
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
  }
  if (error) throw *error;
  return last;
}

Rows Connection::run(const std::string& sql, const Parameters& parameters, Deadline deadline) {
  require_sent(PQsendQueryParams(connection_.get(), sql.c_str(), parameters.size(), nullptr,
                                 parameters.values().data(), nullptr, nullptr, /*binary=*/0));
  return Rows(finish(deadline).release());
}

void Connection::run_script(const std::string& sql, Deadline deadline) {
  require_sent(PQsendQuery(connection_.get(), sql.c_str()));
  static_cast<void>(finish(deadline));
}

void Connection::prepare(const char* name, const std::string& sql, Deadline deadline) {
  require_sent(PQsendPrepare(connection_.get(), name, sql.c_str(), 0, nullptr));
  static_cast<void>(finish(deadline));
}

void Connection::send(const char* prepared, const Parameters& parameters) {
  require_sent(PQenterPipelineMode(connection_.get()));
  require_sent(PQsendQueryPrepared(connection_.get(), prepared, parameters.size(),
                                   parameters.values().data(), nullptr, nullptr, /*binary=*/0));
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
  const auto text = [](const char* value) { return value == nullptr ? "" : value; };
  return settings_.presentable(
      study::format("database \"{}\" at {}:{}", text(PQdb(connection_.get())),
                    text(PQhost(connection_.get())), text(PQport(connection_.get()))));
}

std::int64_t Rows::integer(int row, int column) const {
  const std::string_view text = bytes(row, column);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Timestamp Rows::time(int row, int column) const {
  const std::int64_t microseconds = integer(row, column);
  if (microseconds < kEarliest.time_since_epoch().count() ||
      microseconds >= kEnd.time_since_epoch().count()) {
    throw CheckpointError(CheckpointError::Kind::corrupt,
                          "the stored " + std::string(PQfname(result_.get(), column)) +
                              " is no time between the years 0 and 9999");
  }
  return Timestamp(std::chrono::microseconds(microseconds));
}

}  // namespace study::postgres
