#include "input/document_yaml.hpp"

#include "input/document_builder.hpp"
#include "input/scalar.hpp"

#include <study/error.hpp>

#include <map>
#include <sstream>
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
    throw ScalarError("the tag '" + std::string(tag) + "' is not understood; leave it out");
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
  throw ScalarError("'" + text + "' is not a value of the type '!!" + std::string(tag) + "'");
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
  if (!builder.has_root()) throw study::InputError(source + ": the file is empty");
  Node root = builder.take_root();
  if (std::holds_alternative<std::nullptr_t>(root.value)) {
    throw study::InputError(source + ": the file is empty");
  }
  return root;
}

}  // namespace host
