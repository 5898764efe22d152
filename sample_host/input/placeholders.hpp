/// `{name}` in a text.
#pragma once

#include <string_view>
#include <vector>

namespace host {

/// A part of a text: a placeholder's name, or text that stands for itself.
struct TextPiece {
  std::string_view text;
  bool is_placeholder = false;
};

/// A placeholder is `{name}` with a name of letters, digits, `_`, `.`, `-` that begins with a
/// letter or `_`; every other brace is plain text. The pieces refer to `text`.
[[nodiscard]] std::vector<TextPiece> split_placeholders(std::string_view text);

}  // namespace host
