#include "run/result.hpp"

#include "base/json_parser.hpp"
#include "terminal/durations.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <system_error>
#include <utility>

#include <boost/json/parse.hpp>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

namespace host {
namespace {

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

constexpr std::size_t kMaxJsonDepth = 1000;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

/// Of a process that says by its exit code that all is well.
Failure no_result(const ProcessEnd& end, std::string message) {
  if (auto reported = reported_failure(end.error_tail)) return *std::move(reported);
  return with_last_lines("InvalidResult", std::move(message), end.error_tail);
}

/// The type of the file, 0 where nothing was written. Throws `FileError`.
mode_t type_of_written(const std::filesystem::path& written) {
  if (written.empty()) return 0;
  struct stat status {};
  if (::lstat(written.c_str(), &status) == 0) return status.st_mode & S_IFMT;
  if (errno == ENOENT) return 0;
  throw study::FileError("stat " + written.string(), errno);
}

std::optional<Failure> place_written(const ProcessEnd& end, const ResultFiles& files,
                                     study::Durability durability) {
  const std::string text = study::read_file(files.written);
  const std::string problem = json_problem(text);
  if (!problem.empty()) return no_result(end, "the result file is no JSON: " + problem);
  if (durability == study::Durability::power) {
    study::replace_file(files.final, text, durability);
    discard_result(files);
    return std::nullopt;
  }
  // Rename only now: `final` is a whole result from the first moment it exists.
  if (::rename(files.written.c_str(), files.final.c_str()) != 0) {
    throw study::FileError("rename to " + files.final.string(), errno);
  }
  return std::nullopt;
}

std::optional<Failure> place_printed(const ProcessEnd& end, const ResultFiles& files,
                                     study::Durability durability) {
  if (!end.out_is_whole) {
    return no_result(end, "no result file, and more than " +
                              std::to_string(kMaxKeptOutputBytes >> 20) +
                              " MiB on stdout, too much for a result");
  }
  const std::string_view json = json_of_output(end.out);
  if (json.empty()) {
    const std::string place = files.written.empty() ? "" : "no result file was written, and ";
    const std::string_view printed = trimmed(end.out);
    return no_result(end,
                     place + (printed.empty() ? "nothing was printed to stdout"
                                              : "stdout is no JSON: " + json_problem(printed)));
  }
  study::replace_file(files.final, std::string(json) + "\n", durability);
  return std::nullopt;
}

}  // namespace

Failure make_failure(std::string_view type, std::string_view message) {
  return {study::failure_type(type), study::failure_message(message)};
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

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

std::string json_problem(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return "it is empty";
  study::JsonReceiver nobody;  // only whether the parser accepts the text counts
  study::JsonParser parser(nobody, {.max_depth = kMaxJsonDepth});
  boost::system::error_code error;
  const std::size_t parsed = parser.read(text, true, error);
  if (!error) return {};
  const std::string reason =
      error == boost::json::error::extra_data ? "more than one value" : error.message();
  return reason + " at byte " + std::to_string(parsed + 1);
}

std::string_view json_of_output(std::string_view out) {
  const std::string_view whole = trimmed(out);
  if (whole.empty() || json_problem(whole).empty()) return whole;
  const std::size_t newline = whole.rfind('\n');
  if (newline == std::string_view::npos) return {};
  const std::string_view last = trimmed(whole.substr(newline + 1));
  return last.front() == '{' && json_problem(last).empty() ? last : std::string_view();
}

std::optional<Failure> place_result(const ProcessEnd& end, const ResultFiles& files,
                                    study::Durability durability) {
  try {
    switch (type_of_written(files.written)) {
      case 0:
        return place_printed(end, files, durability);
      case S_IFREG:
        return place_written(end, files, durability);
      default:  // a FIFO would block, a link may lead out of the study directory
        return no_result(end, "the result file is no regular file");
    }
  } catch (const study::FileError& error) {
    return make_failure("FileError", error.what());
  }
}

void discard_result(const ResultFiles& files) noexcept {
  if (files.written.empty() || ::unlink(files.written.c_str()) == 0 || errno == ENOENT) return;
  try {
    std::error_code ignored;
    std::filesystem::remove_all(files.written, ignored);
  } catch (const std::bad_alloc&) {
    // It stays, and is in the way of the next attempt, which then fails.
  }
}

}  // namespace host
