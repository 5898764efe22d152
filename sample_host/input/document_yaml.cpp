#include "base/format.hpp"
#include "input/document_builder.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace host {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";
// yaml-cpp takes the end of the text for the end of a quote. Not so the end of a document, which
// may not come within one (YAML 1.2.2, section 9.1.2).
constexpr std::string_view kDocumentEnd = "...\n";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_of_base(std::string_view digits, int base) {
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), [base](char c) {
    if (base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return true;
    return is_digit(c) && c - '0' < base;
  });
}

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  return text;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
// std::from_chars takes the same, but for the sign, and `inf` and `nan`.
bool is_core_float(std::string_view text) {
  text = without_sign(text);
  if (text.empty() || (text.front() != '.' && !is_digit(text.front()))) return false;
  double ignored = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, ignored);
  return result.ec != std::errc::invalid_argument && result.ptr == end;
}

/// A plain YAML scalar by the core schema (YAML 1.2.2, section 10.3.2): null, booleans, integers
/// (`12`, `0o17`, `0x1F`), floats (`1e-3`, `.5`), and strings, which is everything else: `yes`,
/// `1_000`, `12:30`. Throws `ScalarError` for `.inf` and `.nan`.
Node::Value core_schema_value(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  if (all_of_base(without_sign(text), 10)) return integer_value(text);
  if (text.starts_with("0o") && all_of_base(text.substr(2), 8)) {
    return integer_value(text.substr(2), 8);
  }
  if (text.starts_with("0x") && all_of_base(text.substr(2), 16)) {
    return integer_value(text.substr(2), 16);
  }
  if (is_core_float(text)) return double_value(text);
  if (is_one_of(text, {".nan", ".NaN", ".NAN"}) ||
      is_one_of(without_sign(text), {".inf", ".Inf", ".INF"})) {
    throw ScalarError(
        study::format("{} is not a finite number; give a number, or null for none", text));
  }
  return std::string(text);
}

// yaml-cpp gives `?` for a plain scalar without a tag and `!` for a quoted or block one.
bool is_plain(std::string_view tag) {
  return tag.empty() || tag == "?";
}

int line_of(const YAML::Mark& mark) {
  return mark.line + 1;
}

Node::Value tagged_value(std::string_view tag, const std::string& text) {
  if (is_plain(tag)) return core_schema_value(text);
  if (tag == "!") return text;
  if (!tag.starts_with(kTagPrefix)) {
    throw ScalarError(study::format("the tag '{}' is not understood; leave it out", tag));
  }
  tag.remove_prefix(kTagPrefix.size());
  if (tag == "str") return text;
  Node::Value value = core_schema_value(text);
  const bool is_integer =
      std::holds_alternative<std::int64_t>(value) || std::holds_alternative<std::uint64_t>(value);
  if (tag == "float" && is_integer) return double_value(text);
  if ((tag == "int" && is_integer) || (tag == "float" && std::holds_alternative<double>(value)) ||
      (tag == "bool" && std::holds_alternative<bool>(value)) ||
      (tag == "null" && std::holds_alternative<std::nullptr_t>(value))) {
    return value;
  }
  throw ScalarError(study::format("'{}' is not a value of the type '!!{}'", text, tag));
}

class YamlHandler final : public YAML::EventHandler {
 public:
  explicit YamlHandler(DocumentBuilder& builder) : builder_(builder) {}

  /// Of the last scalar, sequence or mapping that has begun.
  [[nodiscard]] int line() const { return line_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (builder_.has_root()) {
      builder_.fail(line_of(mark),
                    "a second document, or text behind the end of the first; "
                    "one file holds one document");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (builder_.expects_key()) builder_.fail(line_of(mark), "a key is missing before ':'");
    // The mark of a value that was left out is that of what follows, often lines below.
    const int key_line = builder_.pending_key_line();
    const int line = key_line != 0 ? key_line : line_of(mark);
    keep(anchor, builder_.scalar({nullptr, line, "null"}));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      builder_.fail(line_of(mark), "an alias inside of what its own anchor stands for");
    }
    if (builder_.expects_key()) return take_key(found->second, line_of(mark));
    builder_.subtree(found->second, line_of(mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const int line = line_ = line_of(mark);
    if (builder_.expects_key()) {
      const Node key{value, line, {}};
      if (is_plain(tag) && value == "<<") return builder_.merge_key(line);
      if (anchor != YAML::NullAnchor) anchors_.insert_or_assign(anchor, key);
      return take_key(key, line);
    }
    try {
      Node node{tagged_value(tag, value), line, {}};
      if (!std::holds_alternative<std::string>(node.value)) node.text = value;
      keep(anchor, builder_.scalar(std::move(node)));
    } catch (const ScalarError& error) {
      builder_.fail(line, error.what());
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    begin(mark, tag, "seq", anchor);
    builder_.begin_sequence(line_of(mark));
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    begin(mark, tag, "map", anchor);
    builder_.begin_mapping(line_of(mark));
  }
  void OnMapEnd() override { end(); }

 private:
  void begin(const YAML::Mark& mark, const std::string& tag, std::string_view expected,
             YAML::anchor_t anchor) {
    line_ = line_of(mark);
    if (builder_.expects_key()) {
      builder_.fail(line_of(mark),
                    "a key must be text, not a list or a mapping; "
                    "a value that begins with '{' or '[' needs quotes");
    }
    if (!is_plain(tag) && tag != "!" && tag != std::string(kTagPrefix) + std::string(expected)) {
      builder_.fail(line_of(mark), "the tag '" + tag + "' is not understood; leave it out");
    }
    open_anchors_.push_back(anchor);
  }

  void end() {
    const YAML::anchor_t anchor = open_anchors_.back();
    open_anchors_.pop_back();
    keep(anchor, builder_.end());
  }

  void keep(YAML::anchor_t anchor, const Node& node) {
    if (anchor == YAML::NullAnchor) return;
    builder_.charge(node, node.line);
    anchors_.insert_or_assign(anchor, node);
  }

  void take_key(const Node& node, int line) {
    const auto* text = std::get_if<std::string>(&node.value);
    if (text == nullptr) builder_.fail(line, "a key must be text");
    builder_.key(*text, line);
  }

  DocumentBuilder& builder_;
  std::map<YAML::anchor_t, Node> anchors_;  ///< of values that are finished
  std::vector<YAML::anchor_t> open_anchors_;
  int line_ = 1;
};

void parse(const std::string& text, const std::string& source, DocumentBuilder& builder) {
  YamlHandler handler(builder);
  std::istringstream stream(text);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(handler)) {
    }
  } catch (const YAML::Exception& error) {
    if (error.msg == YAML::ErrorMsg::DOC_IN_SCALAR) {
      builder.fail(handler.line(), "a quote that is opened here or below is not closed");
    }
    const std::string line = error.mark.is_null() ? "" : std::to_string(line_of(error.mark)) + ":";
    refuse_input(source + ":" + line + " not valid YAML: " + error.msg);
  }
}

}  // namespace

Node build_from_yaml(std::string_view text, const std::string& source) {
  DocumentBuilder builder(source);
  std::string ended(text);
  if (text.ends_with('\n')) {
    ended += kDocumentEnd;
  } else {
    // The text itself stays without a last newline, which a block scalar at its end would take.
    DocumentBuilder unused(source);
    parse(ended + "\n" + std::string(kDocumentEnd), source, unused);
  }
  parse(ended, source, builder);
  return builder.take_root();
}

}  // namespace host
