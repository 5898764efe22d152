#include "input/document_json.hpp"

#include "input/document_builder.hpp"
#include "input/scalar.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>

namespace host {
namespace {

namespace json = boost::json;

/// Receives the parser's events. The text is fed line by line, so that the line of an event is the
/// one that is being fed: no JSON token spans two.
class JsonHandler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  explicit JsonHandler(std::string source) : builder_(std::move(source)) {}

  void set_line(int line) { line_ = line; }
  [[nodiscard]] DocumentBuilder& builder() { return builder_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) {
    builder_.begin_sequence(line_);
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) {
    builder_.end();
    return true;
  }
  bool on_object_begin(json::error_code&) {
    builder_.begin_mapping(line_);
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    builder_.end();
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return append(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    append(part);
    builder_.key(std::exchange(text_, {}), line_);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    return append(part);
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    append(part);
    builder_.scalar({std::exchange(text_, {}), line_, {}});
    return true;
  }
  bool on_number_part(json::string_view part, json::error_code&) { return append(part); }
  bool on_int64(std::int64_t, json::string_view part, json::error_code&) { return number(part); }
  bool on_uint64(std::uint64_t, json::string_view part, json::error_code&) { return number(part); }
  bool on_double(double, json::string_view part, json::error_code&) { return number(part); }
  bool on_bool(bool value, json::error_code&) {
    builder_.scalar({value, line_, value ? "true" : "false"});
    return true;
  }
  bool on_null(json::error_code&) {
    builder_.scalar({nullptr, line_, "null"});
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  bool append(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }

  // The parser's own value is not used: its doubles can be one unit in the last place off, and an
  // integer beyond 64 bits becomes a double without a word.
  bool number(json::string_view part) {
    append(part);
    const std::string text = std::exchange(text_, {});
    try {
      const bool is_integer = text.find_first_of(".eE") == std::string::npos;
      Node::Value value = is_integer ? integer_value(text) : Node::Value(double_value(text));
      builder_.scalar({std::move(value), line_, text});
    } catch (const ScalarError& error) {
      builder_.fail(line_, error.what());
    }
    return true;
  }

  DocumentBuilder builder_;
  std::string text_;  ///< of the token that is being put together
  int line_ = 1;
};

json::parse_options options_for(JsonDialect dialect) {
  json::parse_options options;
  options.max_depth = static_cast<std::size_t>(kMaxDepth) + 1;  // the builder's limit speaks first
  options.allow_comments = dialect == JsonDialect::with_comments;
  options.allow_trailing_commas = dialect == JsonDialect::with_comments;
  return options;
}

/// Counted from 1, in characters.
std::size_t column_of(std::string_view line, std::size_t used) {
  const std::string_view before = line.substr(0, used);
  return 1 + static_cast<std::size_t>(std::count_if(before.begin(), before.end(), [](char byte) {
           return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
         }));
}

// What is wrong at `used` of the line: the parser stopped there. The text is not shown, since it
// may be half a password.
std::string explain(json::error_code error, std::string_view line, std::size_t used) {
  const std::string_view rest = line.substr(used);
  for (const std::string_view name : {"NaN", "Infinity"}) {
    if (!rest.starts_with(name)) continue;
    const std::string sign = used > 0 && line[used - 1] == '-' ? "-" : "";
    return sign + std::string(name) + " is not a finite number; give a number, or null for none";
  }
  return "not valid JSON: " + error.message() + " at column " +
         std::to_string(column_of(line, used));
}

}  // namespace

Node build_from_json(std::string_view text, const std::string& source, JsonDialect dialect) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) {
    throw study::InputError(source + ": the file is empty");
  }
  json::basic_parser<JsonHandler> parser(options_for(dialect), source);
  DocumentBuilder& builder = parser.handler().builder();
  json::error_code error;
  int line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t newline = std::min(text.find('\n', begin), text.size() - 1);
    const std::string_view fed = text.substr(begin, newline + 1 - begin);
    parser.handler().set_line(++line);
    const std::size_t used = parser.write_some(true, fed.data(), fed.size(), error);
    if (!error && used < fed.size()) error = json::error::extra_data;
    if (error) builder.fail(line, explain(error, fed, used));
    begin = newline + 1;
  }
  parser.write_some(false, nullptr, 0, error);
  if (error) builder.fail(line, "not valid JSON: the text ends too early");
  Node root = builder.take_root();
  if (std::holds_alternative<std::nullptr_t>(root.value)) {
    throw study::InputError(source + ": the file is empty");
  }
  return root;
}

}  // namespace host
