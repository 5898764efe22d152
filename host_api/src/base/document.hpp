/// What a person wrote, as a tree that remembers its lines: one form for YAML and JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace study {

struct Member;

/// One value of a document. Copied as a whole tree.
struct Node {
  using Sequence = std::vector<Node>;
  using Mapping = std::vector<Member>;  ///< in written order, keys unique
  using Value = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string,
                             Sequence, Mapping>;

  Value value;   ///< `std::uint64_t` only beyond the range of `std::int64_t`; doubles are finite
  int line = 0;  ///< from 1
  bool is_plain = false;  ///< a scalar of YAML without quotes and tag
  std::string text;       ///< a number, boolean or null as it was written; else empty
};

/// One key of a mapping with its value.
struct Member {
  std::string key;
  int key_line = 0;
  Node value;
};

/// A file that has been read.
struct Document {
  std::string source;  ///< the path as the person gave it, for messages
  Node root;           ///< never null
  std::string text;    ///< as it was read
};

/// What a JSON file may have beyond RFC 8259.
enum class JsonDialect {
  strict,
  with_comments,  ///< comments as in C++, and trailing commas
};

/// A tree of more nodes, or deeper, is no study: it is a mistake or an alias bomb.
inline constexpr std::size_t kMaxNodes = 2'000'000;
inline constexpr int kMaxDepth = 64;
inline constexpr std::size_t kMaxDocumentBytes = std::size_t{64} << 20;
/// Of the text that anchors keep and aliases repeat.
inline constexpr std::size_t kMaxAliasBytes = kMaxDocumentBytes;

/// Reads a JSON file, whatever its name. The text must be UTF-8 (a byte order mark is skipped) and
/// hold one document, not empty, without duplicate keys, NaN, infinities or integers beyond 64
/// bits.
///
/// Throws `InputError`: `study.json:12: what is wrong`.
[[nodiscard]] Document load_json_document(const std::filesystem::path& path, JsonDialect dialect);

/// The same for text; `source` is what messages call it.
[[nodiscard]] Document parse_json_document(std::string text, std::string source,
                                           JsonDialect dialect);

/// Throws `study::InputError` with `study::visible(message)`: what a person wrote may have a null
/// character, at which `what()` would end.
[[noreturn]] void refuse_input(std::string_view message);

/// The tree as JSON, without its lines.
[[nodiscard]] boost::json::value to_json(const Node& node);
[[nodiscard]] boost::json::object to_json(const Node::Mapping& mapping);

}  // namespace study
