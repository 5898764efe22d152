#include "result.hpp"

#include "unique_fd.hpp"

#include <study/error.hpp>

#include <cerrno>
#include <cstdio>

#include <boost/json/basic_parser_impl.hpp>
#include <fcntl.h>
#include <sys/stat.h>

namespace study_host {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::size_t kMaxJsonDepth = 1000;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

/// Takes note of nothing: only whether the parser accepts the text counts.
struct IgnoringHandler {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using Error = boost::system::error_code;
  using Text = boost::json::string_view;

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return true; }
  bool on_object_end(std::size_t, Error&) { return true; }
  bool on_array_begin(Error&) { return true; }
  bool on_array_end(std::size_t, Error&) { return true; }
  bool on_key_part(Text, std::size_t, Error&) { return true; }
  bool on_key(Text, std::size_t, Error&) { return true; }
  bool on_string_part(Text, std::size_t, Error&) { return true; }
  bool on_string(Text, std::size_t, Error&) { return true; }
  bool on_number_part(Text, Error&) { return true; }
  bool on_int64(std::int64_t, Text, Error&) { return true; }
  bool on_uint64(std::uint64_t, Text, Error&) { return true; }
  bool on_double(double, Text, Error&) { return true; }
  bool on_bool(bool, Error&) { return true; }
  bool on_null(Error&) { return true; }
  bool on_comment_part(Text, Error&) { return true; }
  bool on_comment(Text, Error&) { return true; }
};

/// `written`'s content, empty where nothing was written. Throws `FileError`; a thing that is not a
/// regular file (a FIFO would block, a link may lead out of the study directory) is one too.
std::optional<std::string> read_written(const std::filesystem::path& written) {
  if (written.empty()) return std::nullopt;
  struct stat status {};
  if (::lstat(written.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw study::FileError("stat " + written.string(), errno);
  }
  if (!S_ISREG(status.st_mode)) throw study::FileError("read " + written.string(), EINVAL);
  return study::read_file(written);
}

std::optional<Failure> place_written(const std::string& text, const ResultFiles& files,
                                     study::Durability durability) {
  if (const std::string problem = json_problem(text); !problem.empty()) {
    return make_failure("InvalidResult", "the result file is no JSON: " + problem);
  }
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
    return make_failure("InvalidResult", "no result file, and more than " +
                                             std::to_string(kMaxKeptOutputBytes >> 20) +
                                             " MiB on stdout, too much for a result");
  }
  const std::string_view json = json_of_output(end.out);
  if (json.empty()) {
    const std::string place = files.written.empty() ? "" : "no result file was written, and ";
    const std::string_view printed = trimmed(end.out);
    return make_failure("InvalidResult",
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
  boost::json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  boost::json::basic_parser<IgnoringHandler> parser(options);
  boost::system::error_code error;
  const std::size_t parsed = parser.write_some(false, text.data(), text.size(), error);
  if (!error && parsed == text.size()) return {};
  const std::string reason = error ? error.message() : "more than one value";
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
    const std::optional<std::string> written = read_written(files.written);
    return written ? place_written(*written, files, durability)
                   : place_printed(end, files, durability);
  } catch (const study::FileError& error) {
    return make_failure("FileError", error.what());
  }
}

void discard_result(const ResultFiles& files) noexcept {
  if (!files.written.empty()) ::unlink(files.written.c_str());
}

}  // namespace study_host
