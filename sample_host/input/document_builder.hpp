/// Puts the events of a parser together to a tree, and refuses what no document may have.
#pragma once

#include "input/document.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// Takes the events in the order of the text. Counts nodes and depth, finds duplicate keys, merges
/// `<<`. Every function throws `study::InputError` for what it refuses.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(std::string source) : source_(std::move(source)) {}

  /// A value without children.
  const Node& scalar(Node node);
  void begin_sequence(int line);
  void begin_mapping(int line);
  /// Ends the innermost sequence or mapping. As with `scalar`, what is returned is the finished
  /// value in its place, valid until the next call.
  const Node& end();

  /// Whether the next value is a key.
  [[nodiscard]] bool expects_key() const;
  /// The line of the key whose value comes next, or 0.
  [[nodiscard]] int pending_key_line() const;
  void key(std::string text, int line);
  /// The next value is a mapping, or a list of them, whose members this mapping takes over where it
  /// has no own.
  void merge_key(int line);

  /// A copy of what an anchor stands for.
  const Node& subtree(Node copy, int line);
  /// Counts the nodes of a copy that is kept elsewhere.
  void charge(const Node& copy, int line);

  /// The finished document. Requires that everything begun has ended.
  [[nodiscard]] Node take_root() { return std::move(*root_); }
  [[nodiscard]] bool has_root() const { return root_.has_value(); }

  /// `study.yaml:12: sweep.batch_size[2]: what`, with the place where the next value would go.
  [[noreturn]] void fail(int line, std::string_view what) const;

 private:
  struct Key {
    std::string text;
    int line = 0;
    bool merge = false;
  };
  struct Frame {
    Node node;
    std::optional<Key> key;
    std::map<std::string, int, std::less<>> key_lines;
    std::optional<Node> merged;      ///< the value of `<<`
    std::size_t merge_position = 0;  ///< how many members came before it
  };

  const Node& attach(Node node);
  void begin(Node node);
  void count(std::size_t nodes, int line);
  void remember_key(const std::string& text, int line);
  void apply_merge(Frame& frame) const;
  void collect_merged(const Node& from, Frame& frame, Node::Mapping& out) const;
  [[nodiscard]] std::string path() const;

  std::string source_;
  std::vector<Frame> frames_;
  std::optional<Node> root_;
  std::size_t n_nodes_ = 0;
};

}  // namespace host
