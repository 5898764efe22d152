/// The text of a YAML file as an editor counts it, and what may not stand in it. For
/// document_yaml.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace host {

/// A position in the text, as editors have it.
struct TextPlace {
  int line = 1;
  std::size_t column = 1;  ///< in code points
};

/// Finds places by the index of a code point, which is the only thing that libyaml's marks have in
/// common with an editor: its lines also end at U+0085, U+2028 and U+2029. A call costs what lies
/// between the index and that of the call before.
class TextCursor {
 public:
  /// `text` is valid UTF-8 and outlives the cursor.
  explicit TextCursor(std::string_view text) : text_(text) {}

  [[nodiscard]] int line(std::size_t index);
  [[nodiscard]] TextPlace place(std::size_t index);
  /// What begins there.
  [[nodiscard]] std::string_view rest(std::size_t index);

 private:
  void move_to(std::size_t index);
  [[nodiscard]] bool ends_line(std::size_t byte) const;

  std::string_view text_;
  std::size_t index_ = 0;
  std::size_t byte_ = 0;
  int line_ = 1;
};

/// Refuses, with `study::InputError`, characters that YAML has only as escapes, and U+FEFF.
/// Requires valid UTF-8 without a byte order mark and without control characters below U+0020.
void check_yaml_characters(std::string_view text, const std::string& source);

}  // namespace host
