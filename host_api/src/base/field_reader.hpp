/// Reads a document's values as what they ought to be, and says where and how they are not.
#pragma once

#include "base/document.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace study {

/// One value of a document with its place. Cheap to copy; valid as long as the document.
///
/// Every function that throws, throws `study::InputError`:
/// `study.yaml:12: execution.n_cycles: must be a whole number of at least 1, but is 0`.
class FieldReader {
 public:
  /// The document's root.
  explicit FieldReader(const Document& document)
      : source_(&document.source), node_(&document.root), line_(document.root.line) {}

  [[nodiscard]] const Node& node() const { return *node_; }
  [[nodiscard]] bool is_null() const { return holds<std::nullptr_t>(); }
  [[nodiscard]] bool is_text() const { return holds<std::string>(); }
  [[nodiscard]] bool is_list() const { return holds<Node::Sequence>(); }
  [[nodiscard]] bool is_mapping() const { return holds<Node::Mapping>(); }

  /// `sweep.precision`; empty at the root.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The last part of the path.
  [[nodiscard]] const std::string& key() const { return key_; }
  /// `study.yaml:12`: the line of the value's key, or of the value where it has none.
  [[nodiscard]] std::string where() const;

  [[noreturn]] void fail(std::string_view what) const;
  /// Says `must be {expected}, but is …`.
  [[noreturn]] void fail_expected(std::string_view expected) const;
  /// Says that this key is none of `known`, and which one was likely meant.
  [[noreturn]] void fail_unknown_key(std::span<const std::string_view> known) const;

  [[nodiscard]] const std::string& text() const;  ///< not empty
  /// A text that a system call takes whole: not empty, without a null character.
  [[nodiscard]] const std::string& system_text() const;
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] std::int64_t integer(std::int64_t least, std::int64_t most) const;
  [[nodiscard]] std::uint64_t unsigned_integer() const;
  [[nodiscard]] double number() const;

  /// The members of a mapping, in written order.
  [[nodiscard]] std::vector<FieldReader> members() const;
  /// The same; a key that is none of `known` is an error.
  [[nodiscard]] std::vector<FieldReader> members(std::span<const std::string_view> known) const;
  /// The elements of a list.
  [[nodiscard]] std::vector<FieldReader> elements() const;

 private:
  FieldReader(const FieldReader& parent, const Node& node, int line)
      : source_(parent.source_), node_(&node), line_(line) {}

  template <class Value>
  [[nodiscard]] bool holds() const {
    return std::holds_alternative<Value>(node_->value);
  }

  const std::string* source_;
  const Node* node_;
  int line_;
  std::string path_;
  std::string key_;
};

/// The member of that key among `members`; null where it is absent or its value is null.
[[nodiscard]] const FieldReader* find_given(const std::vector<FieldReader>& members,
                                            std::string_view key);

}  // namespace study
