/// Text in the columns of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace host {

/// How many columns `text` takes: two for East Asian wide characters and emoji, none for combining
/// marks, else one for each code point. `text` must be UTF-8 on one line.
[[nodiscard]] std::size_t column_count(std::string_view text);

/// `text` if it fits `columns`, else as much of it as leaves room for `…` at the end.
[[nodiscard]] std::string fit_columns(std::string_view text, std::size_t columns);

/// The same, filled with spaces up to `columns`.
[[nodiscard]] std::string pad_columns(std::string_view text, std::size_t columns);

}  // namespace host
