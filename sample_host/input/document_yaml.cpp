// libyaml, because its values are PyYAML's: of 18,000 texts that PyYAML had dumped, yaml-cpp read
// 54 otherwise and libfyaml 3,705.
#include "base/document_builder.hpp"
#include "base/format.hpp"
#include "input/document.hpp"
#include "input/yaml_scalar.hpp"
#include "input/yaml_text.hpp"

#include <algorithm>
#include <map>
#include <new>
#include <optional>
#include <utility>

#include <yaml.h>

namespace host {
namespace {

using study::DocumentBuilder;
using study::ScalarError;

/// More anchors than this are no study.
constexpr std::size_t kMaxAnchors = 100'000;

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text);
}

std::string_view view(const char* text) {
  return text == nullptr ? std::string_view{} : text;
}

/// The value of `\uXXXX` at the front of `text`, which may begin with the digits alone.
std::optional<unsigned> escaped_code(std::string_view& text) {
  if (text.starts_with("\\u")) text.remove_prefix(2);
  unsigned code = 0;
  if (text.size() < 4) return std::nullopt;
  for (const char c : text.substr(0, 4)) {
    const std::size_t digit =
        std::string_view("0123456789abcdef").find(static_cast<char>(c | 0x20));
    if (digit == std::string_view::npos) return std::nullopt;
    code = code * 16 + static_cast<unsigned>(digit);
  }
  text.remove_prefix(4);
  return code;
}

/// For the two halves that JSON makes of a character beyond U+FFFF.
std::string surrogate_hint(std::string_view text) {
  const auto high = escaped_code(text);
  if (!high || *high < 0xD800 || *high > 0xDFFF) return {};
  const auto low = text.starts_with("\\u") ? escaped_code(text) : std::nullopt;
  if (*high > 0xDBFF || !low || *low < 0xDC00 || *low > 0xDFFF) {
    return "half of a surrogate pair is no character";
  }
  return study::format("write \\U{:08X}: YAML has one escape for the character, not JSON's two",
                       0x10000 + ((*high - 0xD800) << 10U) + (*low - 0xDC00));
}

/// What to write in the place of `rest`, where libyaml has found `problem`; empty if that is clear.
std::string hint_for(std::string_view problem, std::string_view rest) {
  if (problem == "found invalid Unicode character escape code") return surrogate_hint(rest);
  if (problem == "found a tab character where an indentation space is expected") {
    return "text that begins with a tab needs the number of spaces before it, such as |2 in the "
           "place of |";
  }
  if (problem == "found character that cannot start any token" && rest.starts_with('\t')) {
    return "a tab doesn't indent in YAML; use spaces";
  }
  if (problem == "found unexpected ':'") {
    return "a space is missing behind the colon: {a: } in the place of {a:}";
  }
  return {};
}

/// One run over the text; everything that it finds goes to the builder.
class YamlReader {
 public:
  YamlReader(std::string_view text, const std::string& source)
      : source_(source), builder_(source), cursor_(text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~YamlReader() { yaml_parser_delete(&parser_); }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  Node read() {
    for (bool at_end = false; !at_end;) {
      yaml_event_t event;
      if (yaml_parser_parse(&parser_, &event) == 0) fail_of_parser();
      const EventOwner owner{event};
      take(event);
      at_end = event.type == YAML_STREAM_END_EVENT;
    }
    return builder_.take_root();
  }

 private:
  struct EventOwner {
    yaml_event_t& event;
    ~EventOwner() { yaml_event_delete(&event); }
  };

  void take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        return begin_document(event);
      case YAML_ALIAS_EVENT:
        return take_alias(view(event.data.alias.anchor), line_of(event));
      case YAML_SCALAR_EVENT:
        return take_scalar(event);
      case YAML_SEQUENCE_START_EVENT:
        begin(event, "seq", view(event.data.sequence_start.tag),
              view(event.data.sequence_start.anchor));
        return builder_.begin_sequence(line_of(event));
      case YAML_MAPPING_START_EVENT:
        begin(event, "map", view(event.data.mapping_start.tag),
              view(event.data.mapping_start.anchor));
        return builder_.begin_mapping(line_of(event));
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        return end();
      default:
        return;
    }
  }

  int line_of(const yaml_event_t& event) { return cursor_.line(event.start_mark.index); }

  void begin_document(const yaml_event_t& event) {
    if (builder_.has_root()) fail_of_second_document(line_of(event));
    const auto& tags = event.data.document_start.tag_directives;
    if (tags.start != tags.end) {
      builder_.fail(line_of(event), "%TAG is not understood; leave it and its tags out");
    }
  }

  [[noreturn]] void fail_of_second_document(int line) const {
    builder_.fail(line,
                  "a second document, or text behind the end of the first; "
                  "one file holds one document");
  }

  void take_alias(std::string_view name, int line) {
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      if (std::find(open_anchors_.begin(), open_anchors_.end(), name) != open_anchors_.end()) {
        builder_.fail(line, "an alias inside of what its own anchor stands for");
      }
      refuse_input(study::format("{}:{}: not valid YAML: no anchor before the alias '*{}'", source_,
                                 line, name));
    }
    if (builder_.expects_key()) return take_key(found->second, line);
    builder_.subtree(found->second, line);
  }

  void take_scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
    const std::string_view tag = view(scalar.tag);
    const bool is_plain = scalar.style == YAML_PLAIN_SCALAR_STYLE && tag.empty();
    const bool is_left_out = is_plain && text.empty();
    if (builder_.expects_key()) {
      if (is_left_out) builder_.fail(line_of(event), "a key is missing before ':'");
      return take_scalar_key(event, text, is_plain);
    }
    // The mark of a value that was left out may be that of what follows, often lines below.
    const int key_line = is_left_out ? builder_.pending_key_line() : 0;
    const int line = key_line != 0 ? key_line : line_of(event);
    try {
      Node node{value_of(text, tag, is_plain), line, is_plain, {}};
      if (!std::holds_alternative<std::string>(node.value)) node.text = text;
      if (std::holds_alternative<std::nullptr_t>(node.value)) node.text = "null";
      keep(view(scalar.anchor), builder_.scalar(std::move(node)));
    } catch (const ScalarError& error) {
      builder_.fail(line, error.what());
    }
  }

  static Node::Value value_of(std::string_view text, std::string_view tag, bool is_plain) {
    if (is_plain) return core_schema_value(text);
    return tag.empty() ? Node::Value(std::string(text)) : tagged_value(tag, text);
  }

  void take_scalar_key(const yaml_event_t& event, std::string_view text, bool is_plain) {
    const int line = line_of(event);
    if (is_plain && text == "<<") return builder_.merge_key(line);
    const Node key{std::string(text), line, false, {}};
    keep(view(event.data.scalar.anchor), key);
    take_key(key, line);
  }

  void take_key(const Node& node, int line) {
    const auto* text = std::get_if<std::string>(&node.value);
    if (text == nullptr) builder_.fail(line, "a key must be text");
    builder_.key(*text, line);
  }

  void begin(const yaml_event_t& event, std::string_view expected, std::string_view tag,
             std::string_view anchor) {
    if (builder_.expects_key()) {
      builder_.fail(line_of(event),
                    "a key must be text, not a list or a mapping; "
                    "a value that begins with '{' or '[' needs quotes");
    }
    if (!is_tag_of(tag, expected)) {
      builder_.fail(line_of(event),
                    study::format("the tag '{}' is not understood; leave it out", tag));
    }
    open_anchors_.emplace_back(anchor);
  }

  void end() {
    const std::string anchor = std::move(open_anchors_.back());
    open_anchors_.pop_back();
    keep(anchor, builder_.end());
  }

  void keep(std::string_view anchor, const Node& node) {
    if (anchor.empty()) return;
    builder_.charge(node, node.line);
    anchors_.insert_or_assign(std::string(anchor), node);
    if (anchors_.size() > kMaxAnchors) {
      builder_.fail(node.line, study::format("the document has more than {} anchors", kMaxAnchors));
    }
  }

  [[noreturn]] void fail_of_parser() {
    if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
    const std::string_view problem = view(parser_.problem);
    const std::string_view context = view(parser_.context);
    if (context == "while scanning a quoted scalar") {
      builder_.fail(cursor_.line(parser_.context_mark.index),
                    "the quote that is opened here is not closed");
    }
    const TextPlace place = cursor_.place(parser_.problem_mark.index);
    if (problem == "did not find expected <document start>" && builder_.has_root()) {
      fail_of_second_document(place.line);
    }
    std::string message = study::format("{}:{}: not valid YAML: {} at column {}", source_,
                                        place.line, problem, place.column);
    const std::string hint = hint_for(problem, cursor_.rest(parser_.problem_mark.index));
    if (!hint.empty()) refuse_input(message + "; " + hint);
    if (!context.empty()) message += study::format(", {}", context);
    const int begin = cursor_.line(parser_.context_mark.index);
    if (!context.empty() && begin != place.line) {
      message += study::format(" that begins on line {}", begin);
    }
    refuse_input(message);
  }

  const std::string& source_;
  DocumentBuilder builder_;
  TextCursor cursor_;
  yaml_parser_t parser_{};
  std::map<std::string, Node, std::less<>> anchors_;  ///< of values that are finished
  std::vector<std::string> open_anchors_;  ///< of sequences and mappings; empty where there is none
};

}  // namespace

Document parse_yaml(std::string text, std::string source) {
  const std::string_view checked = study::checked_document_text(source, text);
  check_yaml_characters(checked, source);
  Node root = YamlReader(checked, source).read();
  return {std::move(source), std::move(root), std::move(text)};
}

Document load_document(const std::filesystem::path& path) {
  if (path.extension() == ".json") {
    return study::load_json_document(path, JsonDialect::strict);
  }
  return parse_yaml(study::read_document_text(path), path.string());
}

}  // namespace host
