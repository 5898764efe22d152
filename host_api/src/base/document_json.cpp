#include "base/document_builder.hpp"
#include "base/json_parser.hpp"

#include <algorithm>
#include <utility>

namespace study {
namespace {

namespace json = boost::json;

/// Makes a tree of what the parser reads. The text comes line by line, so that the line of an event
/// is the one that is being read: no JSON token spans two.
class TreeReceiver final : public JsonReceiver {
 public:
  explicit TreeReceiver(std::string source) : builder_(std::move(source)) {}

  void set_line(int line) { line_ = line; }
  [[nodiscard]] DocumentBuilder& builder() { return builder_; }

  void begin_object() override { builder_.begin_mapping(line_); }
  void end_object(std::size_t) override { builder_.end(); }
  void begin_array() override { builder_.begin_sequence(line_); }
  void end_array(std::size_t) override { builder_.end(); }
  void key(std::string_view text, std::size_t) override { builder_.key(std::string(text), line_); }
  void string(std::string_view text) override {
    builder_.scalar({std::string(text), line_, false, {}});
  }
  void number(std::string_view text, double, std::size_t) override {
    try {
      Node::Value value =
          is_integer_text(text) ? integer_value(text) : Node::Value(double_value(text));
      builder_.scalar({std::move(value), line_, false, std::string(text)});
    } catch (const ScalarError& error) {
      builder_.fail(line_, error.what());
    }
  }
  void boolean(bool value) override {
    builder_.scalar({value, line_, false, value ? "true" : "false"});
  }
  void null() override { builder_.scalar({nullptr, line_, false, "null"}); }

 private:
  DocumentBuilder builder_;
  int line_ = 1;
};

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
  TreeReceiver receiver(source);
  DocumentBuilder& builder = receiver.builder();
  if (text.find_first_not_of(" \t\r\n") == text.npos) return builder.take_root();
  // The builder's limit on the depth speaks first.
  JsonParser parser(receiver, {.max_depth = static_cast<std::size_t>(kMaxDepth) + 1,
                               .comments = dialect == JsonDialect::with_comments});
  json::error_code error;
  int line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t newline = std::min(text.find('\n', begin), text.size() - 1);
    const std::string_view fed = text.substr(begin, newline + 1 - begin);
    receiver.set_line(++line);
    const std::size_t used = parser.read(fed, false, error);
    if (error) builder.fail(line, explain(error, fed, used));
    begin = newline + 1;
  }
  parser.read({}, true, error);
  if (error) builder.fail(line, "not valid JSON: the text ends too early");
  return builder.take_root();
}

}  // namespace study
