#include "session/json_check.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace study {
namespace {

using boost::json::error_code;
using Text = boost::json::string_view;

constexpr std::size_t kMaxDepth = 1000;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Takes no note of anything. Not JsonReceiver, which is told strings as a whole.
struct Nobody {
  // NOLINTBEGIN(readability-identifier-naming): the names that the parser asks for
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  // NOLINTEND(readability-identifier-naming)

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t, error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(Text, std::size_t, error_code&) { return true; }
  bool on_key(Text, std::size_t, error_code&) { return true; }
  bool on_string_part(Text, std::size_t, error_code&) { return true; }
  bool on_string(Text, std::size_t, error_code&) { return true; }
  bool on_number_part(Text, error_code&) { return true; }
  bool on_int64(std::int64_t, Text, error_code&) { return true; }
  bool on_uint64(std::uint64_t, Text, error_code&) { return true; }
  bool on_double(double, Text, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(Text, error_code&) { return true; }
  bool on_comment(Text, error_code&) { return true; }
};

boost::json::parse_options syntax() {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  return options;
}

/// What is known to go wrong in this way, and what helps.
std::string_view explanation(std::string_view rest) {
  if (rest.starts_with('-')) rest.remove_prefix(1);
  if (rest.starts_with("NaN") || rest.starts_with("nan")) {
    return " (NaN is no JSON: Python's json.dump writes it unless told allow_nan=False)";
  }
  if (rest.starts_with("Infinity") || rest.starts_with("inf")) {
    return " (Infinity is no JSON: Python's json.dump writes it unless told allow_nan=False)";
  }
  if (rest.starts_with('\0')) return " (null characters: the file was not written to its end)";
  return {};
}

}  // namespace

struct JsonCheck::State {
  boost::json::basic_parser<Nobody> parser{syntax()};
};

JsonCheck::JsonCheck() : state_(std::make_unique<State>()) {}

JsonCheck::~JsonCheck() = default;

bool JsonCheck::read(std::string_view piece) {
  if (!problem_.empty()) return false;
  if (bytes_ == 0 && piece.starts_with(kByteOrderMark)) {
    problem_ = "it begins with a byte order mark (EF BB BF), which JSON must not have";
    return false;
  }
  if (is_blank_) is_blank_ = piece.find_first_not_of(kBlank) == std::string_view::npos;
  error_code error;
  const std::size_t used = state_->parser.write_some(true, piece.data(), piece.size(), error);
  if (error || used < piece.size()) {
    refuse(piece, used, error ? error.message() : "more than one value");
    return false;
  }
  bytes_ += piece.size();
  lines_ += static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
  return true;
}

void JsonCheck::refuse(std::string_view piece, std::size_t offset, const std::string& reason) {
  // The parser stops behind the sign or the first letters of what it doesn't know.
  std::size_t begin = offset;
  while (begin > 0 && offset - begin < 3 &&
         std::string_view("-NaIn").find(piece[begin - 1]) != std::string_view::npos) {
    --begin;
  }
  const std::string_view before = piece.substr(0, offset);
  const auto line =
      lines_ + static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  problem_ = reason + " at byte " + std::to_string(bytes_ + offset + 1);
  if (line > 1) problem_ += " in line " + std::to_string(line);
  problem_ += explanation(piece.substr(begin));
}

std::string JsonCheck::finish() {
  if (!problem_.empty()) return problem_;
  if (is_blank_) return problem_ = "it is empty";
  error_code error;
  state_->parser.write_some(false, nullptr, 0, error);
  if (error) refuse({}, 0, error.message());
  return problem_;
}

std::string json_problem(std::string_view text) {
  JsonCheck check;
  check.read(text);
  return check.finish();
}

std::string json_problem_of_file(const std::filesystem::path& path) {
  const UniqueFd file = open_file(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) throw FileError("open " + path.string(), errno);
  const auto piece = std::make_unique_for_overwrite<char[]>(kPieceBytes);
  JsonCheck check;
  while (true) {
    const ssize_t size =
        retry_if_interrupted([&] { return ::read(file.get(), piece.get(), kPieceBytes); });
    if (size < 0) throw FileError("read " + path.string(), errno);
    if (size == 0 || !check.read({piece.get(), static_cast<std::size_t>(size)})) break;
  }
  return check.finish();
}

}  // namespace study
