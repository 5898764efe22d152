/// Messages put together by fmt. Only core.h is read here and the formatting itself lies in one
/// file, since all of fmt in each that has a message took 3 s of a compiler's time per file.
#pragma once

#include <string>

#include <fmt/core.h>

namespace study {

[[nodiscard]] std::string format_text(fmt::string_view text, fmt::format_args arguments);

/// fmt::format for strings and numbers; the format is checked at compile time.
template <typename... T>
[[nodiscard]] std::string format(fmt::format_string<const T&...> text, const T&... arguments) {
  return format_text(text, fmt::make_format_args(arguments...));
}

}  // namespace study
