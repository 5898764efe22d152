/// Text that came from outside, made fit for a manifest, a log or a file name.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace study {

/// The longest `error_message` of a manifest entry.
inline constexpr std::size_t kMaxErrorMessageBytes = 2000;

/// The most that it takes as JSON text, where control characters are six bytes each: so that an
/// entry of a manifest always fits a page of 4,096 bytes.
inline constexpr std::size_t kMaxEscapedErrorMessageBytes = 2400;

/// Whether `text` is well-formed (Unicode 15, section 3.9, table 3-7). Linear, allocates nothing.
[[nodiscard]] bool is_valid_utf8(std::string_view text);

/// `text` with each maximal ill-formed sequence replaced by U+FFFD (Unicode 15, section 3.9, table
/// 3-7).
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

/// `text` on one line, with nothing in it that a terminal would obey: control characters as `\n`,
/// `\t`, `\x1b`, those from U+0080 to U+009F and the marks that change the direction of writing
/// (Unicode 15, section 23.2) or end a line as `\u009b`, `\u202e`; ill-formed UTF-8 as U+FFFD.
/// Idempotent.
[[nodiscard]] std::string visible(std::string_view text);

/// Whether the byte is the first of a code point in valid UTF-8.
[[nodiscard]] inline bool begins_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

/// Takes the first code point off `text`, which must be valid UTF-8 and not empty.
[[nodiscard]] char32_t take_code_point(std::string_view& text);

/// The longest prefix of at most `max_bytes` bytes that ends at a code point. `text` must be UTF-8.
[[nodiscard]] std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes);

/// What a manifest says of a failure: valid UTF-8, no traceback (of a Python traceback only the
/// exception lines are kept), at most `kMaxErrorMessageBytes` bytes and
/// `kMaxEscapedErrorMessageBytes` as JSON text. Idempotent.
[[nodiscard]] std::string failure_message(std::string_view raw);

/// A class-like name such as `TimeoutError`: printable ASCII without spaces, at most 120 bytes;
/// `Error` where nothing is left. Idempotent.
[[nodiscard]] std::string failure_type(std::string_view raw);

/// The candidate that a person who typed `word` most likely meant (smallest Damerau-Levenshtein
/// distance, at most a third of the longer word, at least one), or empty.
[[nodiscard]] std::string_view nearest_name(std::string_view word,
                                            std::span<const std::string_view> candidates);

}  // namespace study
