#include "run/result.hpp"

#include "base/json_parser.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>

#include <cerrno>
#include <cstdio>
#include <new>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace host {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
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
