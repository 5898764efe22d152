/// From the events of a parser to a document's tree, whatever the form of the text; refuses what no
/// document may have. For the parsers; others include document.hpp.
#pragma once

#include "base/document.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace study {

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
  const Node& subtree(const Node& anchored, int line);
  /// Counts a copy that is kept elsewhere.
  void charge(const Node& anchored, int line);

  /// The finished document. Requires that everything begun has ended. Refuses one that is empty or
  /// nothing but null.
  [[nodiscard]] Node take_root();
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
  void count_bytes(std::size_t bytes, int line);
  void check_depth(int added, int line) const;
  void remember_key(const std::string& text, int line);
  void apply_merge(Frame& frame) const;
  void collect_merged(const Node& from, Frame& frame, Node::Mapping& out) const;
  [[nodiscard]] std::string path() const;

  std::string source_;
  std::vector<Frame> frames_;
  std::optional<Node> root_;
  std::size_t n_nodes_ = 0;
  std::size_t alias_bytes_ = 0;
};

/// Text that stands for a value which no study can have. The message has no position yet.
class ScalarError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An integer: `-12`, `+3`, also with base 8 or 16 without prefix. Throws `ScalarError` beyond 64
/// bits. Requires digits of that base with at most a sign before them.
[[nodiscard]] Node::Value integer_value(std::string_view digits, int base = 10);

/// A decimal floating-point number, exactly rounded. Throws `ScalarError` for one that is not zero
/// and that no double comes near. Requires the syntax of YAML's core schema or of JSON.
[[nodiscard]] double double_value(std::string_view text);

/// What a person's file says, at most `kMaxDocumentBytes`. Throws `InputError`.
[[nodiscard]] std::string read_document_text(const std::filesystem::path& path);

/// The text without its byte order mark. Throws `InputError` for one that is not UTF-8 or has
/// control characters.
[[nodiscard]] std::string_view checked_document_text(const std::string& source,
                                                     std::string_view text);

/// The tree of such a text. Throws `InputError`.
[[nodiscard]] Node build_from_json(std::string_view text, const std::string& source,
                                   JsonDialect dialect);

}  // namespace study
