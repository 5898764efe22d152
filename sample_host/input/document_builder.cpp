#include "input/document_builder.hpp"

#include <algorithm>
#include <utility>

namespace host {
namespace {

struct Extent {
  std::size_t nodes = 1;
  int depth = 1;
};

Extent extent_of(const Node& node) {
  Extent extent;
  const auto add = [&extent](const Node& child) {
    const Extent inner = extent_of(child);
    extent.nodes += inner.nodes;
    extent.depth = std::max(extent.depth, inner.depth + 1);
  };
  if (const auto* sequence = std::get_if<Node::Sequence>(&node.value)) {
    for (const Node& child : *sequence) add(child);
  } else if (const auto* mapping = std::get_if<Node::Mapping>(&node.value)) {
    for (const Member& member : *mapping) add(member.value);
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
  refuse_input(source_ + ":" + std::to_string(line) + ": " + (at.empty() ? "" : at + ": ") +
               std::string(what));
}

void DocumentBuilder::count(std::size_t nodes, int line) {
  n_nodes_ += nodes;
  if (n_nodes_ > kMaxNodes) {
    fail(line, "the document has more than " + std::to_string(kMaxNodes) +
                   " values, counting those that aliases repeat");
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
  if (frames_.size() >= static_cast<std::size_t>(kMaxDepth)) {
    fail(node.line, "the document is nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  frames_.push_back({std::move(node), {}, {}, {}, 0});
}

void DocumentBuilder::begin_sequence(int line) {
  begin({Node::Sequence{}, line, {}});
}

void DocumentBuilder::begin_mapping(int line) {
  begin({Node::Mapping{}, line, {}});
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
    fail(line,
         "the key '" + text + "' is there twice, first on line " + std::to_string(first->second));
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

const Node& DocumentBuilder::subtree(Node copy, int line) {
  const Extent extent = extent_of(copy);
  count(extent.nodes, line);
  if (static_cast<int>(frames_.size()) + extent.depth > kMaxDepth + 1) {
    fail(line, "the document is nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  copy.line = line;
  return attach(std::move(copy));
}

void DocumentBuilder::charge(const Node& copy, int line) {
  count(extent_of(copy).nodes, line);
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

}  // namespace host
