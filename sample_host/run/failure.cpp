#include "run/failure.hpp"

#include "run/host_signals.hpp"
#include "terminal/durations.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <utility>

#include <boost/json/parse.hpp>
#include <signal.h>
#include <string.h>

namespace host {
namespace {

/// Of `error_message`.
constexpr std::size_t kMaxMessageBytes = 2000;
constexpr int kShownErrorLines = 10;
constexpr std::size_t kShownErrorBytes = 1500;
constexpr std::string_view kTracebackStart = "Traceback (most recent call last):";
constexpr std::string_view kBlank = " \t\r\n";

std::string_view trimmed_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

std::string_view last_line(std::string_view text) {
  text = trimmed_end(text);
  const std::size_t newline = text.rfind('\n');
  return newline == std::string_view::npos ? text : text.substr(newline + 1);
}

/// The last `kShownErrorLines` lines, as far as they fit in `kShownErrorBytes`.
std::string_view last_lines(std::string_view text) {
  text = trimmed_end(text);
  std::size_t begin = text.size();
  for (int lines = 0; lines < kShownErrorLines && begin > 0; ++lines) {
    const std::size_t newline = text.rfind('\n', begin - 1);
    begin = newline == std::string_view::npos ? 0 : newline;
  }
  text.remove_prefix(begin);
  if (text.size() > kShownErrorBytes) {
    text.remove_prefix(text.size() - kShownErrorBytes);
    if (const std::size_t newline = text.find('\n'); newline != std::string_view::npos) {
      text.remove_prefix(newline);
    }
  }
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  return text;
}

/// What stderr says of the reason: the exception of the last Python traceback, else the last lines.
std::string reason_of(std::string_view error_tail) {
  const std::size_t header = error_tail.rfind(kTracebackStart);
  if (header == std::string_view::npos) {
    error_tail = last_lines(error_tail);
  } else {
    // The whole line: what stands before the header stands before the other lines, too.
    error_tail.remove_prefix(error_tail.rfind('\n', header) + 1);
  }
  return std::string(study::truncate_utf8(study::failure_message(error_tail), kShownErrorBytes));
}

}  // namespace

Failure make_failure(std::string_view type, std::string_view message) {
  return {study::failure_type(type), study::failure_message(message)};
}

Failure with_sentence(const Failure& failure, std::string_view sentence) {
  const std::string_view message = study::truncate_utf8(
      failure.message, kMaxMessageBytes - std::min(sentence.size() + 2, kMaxMessageBytes));
  return make_failure(failure.type, std::string(message).append("; ").append(sentence));
}

Failure with_last_lines(std::string_view type, std::string message, std::string_view error_tail) {
  const std::string reason = reason_of(error_tail);
  if (!reason.empty()) message += ": " + reason;
  return make_failure(type, message);
}

std::optional<Failure> reported_failure(std::string_view error_tail) {
  const std::string_view line = last_line(error_tail);
  if (line.find('{') == std::string_view::npos) return std::nullopt;
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(line, error);
  const boost::json::object* report = error ? nullptr : value.if_object();
  if (report == nullptr) return std::nullopt;
  const boost::json::value* type = report->if_contains("error_type");
  const boost::json::value* message = report->if_contains("error_message");
  if (type == nullptr || message == nullptr || !type->is_string() || !message->is_string()) {
    return std::nullopt;
  }
  return make_failure(type->get_string(), message->get_string());
}

std::optional<Failure> failure_of(const ProcessEnd& end,
                                  std::optional<std::chrono::milliseconds> timeout) {
  if (end.timed_out) {
    return make_failure("TimeoutError",
                        "not done within " + limit_text(timeout.value_or(std::chrono::seconds(0))));
  }
  if (end.signal == 0 && end.exit_code == 0) return std::nullopt;
  if (auto reported = reported_failure(end.error_tail)) return reported;
  if (end.signal != 0) {
    return with_last_lines("ProcessSignal", "killed by " + signal_name(end.signal), end.error_tail);
  }
  return with_last_lines("ProcessExit", "exited with code " + std::to_string(end.exit_code),
                         end.error_tail);
}

bool was_killed(const ProcessEnd& end) {
  return end.signal == SIGKILL || end.exit_code == 128 + SIGKILL;
}

bool ended_as_if_told(const ProcessEnd& end) {
  const int signal = end.signal != 0 ? end.signal : std::max(end.exit_code - 128, 0);
  return signal == SIGKILL ||
         std::find(kInterrupts.begin(), kInterrupts.end(), signal) != kInterrupts.end();
}

Failure no_result(const ProcessEnd& end, std::string message) {
  if (auto reported = reported_failure(end.error_tail)) return *std::move(reported);
  return with_last_lines("InvalidResult", std::move(message), end.error_tail);
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

}  // namespace host
