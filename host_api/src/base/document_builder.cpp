#include "base/document_builder.hpp"

#include "base/format.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace study {
namespace {

struct Extent {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  int depth = 1;
};

Extent extent_of(const Node& node) {
  Extent extent;
  const auto add = [&extent](const Node& child) {
    const Extent inner = extent_of(child);
    extent.nodes += inner.nodes;
    extent.bytes += inner.bytes;
    extent.depth = std::max(extent.depth, inner.depth + 1);
  };
  if (const auto* sequence = std::get_if<Node::Sequence>(&node.value)) {
    for (const Node& child : *sequence) add(child);
  } else if (const auto* mapping = std::get_if<Node::Mapping>(&node.value)) {
    for (const Member& member : *mapping) {
      extent.bytes += member.key.size();
      add(member.value);
    }
  } else if (const auto* text = std::get_if<std::string>(&node.value)) {
    extent.bytes = text->size();
  }
  return extent;
}

}  // namespace

std::string DocumentBuilder::path() const {
  std::string out;
  for (const Frame& frame : frames_) {
    if (const auto* sequence = std::get_if<Node::Sequence>(&frame.node.value)) {
      out += '[' + std::to_string(sequence->size()) + ']';
    } else if (frame.key) {
      if (!out.empty()) out += '.';
      out += frame.key->text;
    }
  }
  return out;
}

void DocumentBuilder::fail(int line, std::string_view what) const {
  const std::string at = path();
  refuse_input(study::format("{}:{}: {}{}{}", source_, line, at, at.empty() ? "" : ": ", what));
}

void DocumentBuilder::count(std::size_t nodes, int line) {
  n_nodes_ += nodes;
  if (n_nodes_ > kMaxNodes) {
    fail(line,
         study::format("the document has more than {} values, counting those that aliases repeat",
                       kMaxNodes));
  }
}

void DocumentBuilder::count_bytes(std::size_t bytes, int line) {
  alias_bytes_ += bytes;
  if (alias_bytes_ > kMaxAliasBytes) {
    fail(line, study::format("anchors and aliases repeat more than {} bytes", kMaxAliasBytes));
  }
}

void DocumentBuilder::check_depth(int added, int line) const {
  if (static_cast<int>(frames_.size()) + added > kMaxDepth) {
    fail(line, study::format("the document is nested deeper than {} levels", kMaxDepth));
  }
}

const Node& DocumentBuilder::attach(Node node) {
  if (frames_.empty()) return root_.emplace(std::move(node));
  Frame& parent = frames_.back();
  if (auto* sequence = std::get_if<Node::Sequence>(&parent.node.value)) {
    return sequence->emplace_back(std::move(node));
  }
  Key key = std::move(*parent.key);
  parent.key.reset();
  auto& mapping = std::get<Node::Mapping>(parent.node.value);
  if (key.merge) {
    parent.merge_position = mapping.size();
    return parent.merged.emplace(std::move(node));
  }
  return mapping.emplace_back(Member{std::move(key.text), key.line, std::move(node)}).value;
}

const Node& DocumentBuilder::scalar(Node node) {
  count(1, node.line);
  return attach(std::move(node));
}

void DocumentBuilder::begin(Node node) {
  count(1, node.line);
  check_depth(1, node.line);
  frames_.push_back({std::move(node), {}, {}, {}, 0});
}

void DocumentBuilder::begin_sequence(int line) {
  begin({Node::Sequence{}, line, false, {}});
}

void DocumentBuilder::begin_mapping(int line) {
  begin({Node::Mapping{}, line, false, {}});
}

const Node& DocumentBuilder::end() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (frame.merged) apply_merge(frame);
  return attach(std::move(frame.node));
}

bool DocumentBuilder::expects_key() const {
  return !frames_.empty() && !frames_.back().key &&
         std::holds_alternative<Node::Mapping>(frames_.back().node.value);
}

int DocumentBuilder::pending_key_line() const {
  return frames_.empty() || !frames_.back().key ? 0 : frames_.back().key->line;
}

void DocumentBuilder::remember_key(const std::string& text, int line) {
  const auto [first, is_new] = frames_.back().key_lines.emplace(text, line);
  if (!is_new) {
    fail(line, study::format("the key '{}' is there twice, first on line {}", text, first->second));
  }
}

void DocumentBuilder::key(std::string text, int line) {
  remember_key(text, line);
  frames_.back().key = Key{std::move(text), line, false};
}

void DocumentBuilder::merge_key(int line) {
  remember_key("<<", line);
  frames_.back().key = Key{"<<", line, true};
}

const Node& DocumentBuilder::subtree(const Node& anchored, int line) {
  const Extent extent = extent_of(anchored);
  count(extent.nodes, line);
  count_bytes(extent.bytes, line);
  // Of an extent, the scalars are a level, too.
  check_depth(extent.depth - 1, line);
  Node copy = anchored;
  copy.line = line;
  return attach(std::move(copy));
}

void DocumentBuilder::charge(const Node& anchored, int line) {
  const Extent extent = extent_of(anchored);
  count(extent.nodes, line);
  count_bytes(extent.bytes, line);
}

// The merged members stand where `<<` was written; what the mapping says itself wins wherever it
// stands, and of several merged mappings the first that has the key
// (yaml.org/type/merge.html).
void DocumentBuilder::apply_merge(Frame& frame) const {
  Node::Mapping merged;
  if (const auto* sequence = std::get_if<Node::Sequence>(&frame.merged->value)) {
    for (const Node& from : *sequence) collect_merged(from, frame, merged);
  } else {
    collect_merged(*frame.merged, frame, merged);
  }
  auto& mapping = std::get<Node::Mapping>(frame.node.value);
  mapping.insert(mapping.begin() + static_cast<std::ptrdiff_t>(frame.merge_position),
                 std::make_move_iterator(merged.begin()), std::make_move_iterator(merged.end()));
}

void DocumentBuilder::collect_merged(const Node& from, Frame& frame, Node::Mapping& out) const {
  const auto* mapping = std::get_if<Node::Mapping>(&from.value);
  if (mapping == nullptr) {
    fail(from.line, "the value of '<<' must be a mapping or a list of mappings");
  }
  for (const Member& member : *mapping) {
    if (frame.key_lines.emplace(member.key, member.key_line).second) out.push_back(member);
  }
}

Node DocumentBuilder::take_root() {
  if (!root_ || std::holds_alternative<std::nullptr_t>(root_->value)) {
    throw InputError(source_ + ": the file is empty");
  }
  return std::move(*root_);
}

Node::Value integer_value(std::string_view digits, int base) {
  const std::string_view written = digits;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, value, base).ec == std::errc()) return value;
  std::uint64_t large = 0;
  if (!digits.starts_with('-') &&
      std::from_chars(digits.data(), end, large, base).ec == std::errc()) {
    return large;
  }
  throw ScalarError(
      study::format("the integer {} is not in the range from -9223372036854775808 to "
                    "18446744073709551615; quote it if it is text",
                    written));
}

double double_value(std::string_view text) {
  const std::string_view written = text;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc() && result.ptr == text.data() + text.size()) return value;
  throw ScalarError(study::format(
      "the number {} is out of the range of a double; quote it if it is text", written));
}

}  // namespace study
