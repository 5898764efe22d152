/// Words of a command that a person copies into a shell.
#pragma once

#include <string>
#include <string_view>

namespace host {

/// `word` as a POSIX shell reads it back: bare where it may be, else in single quotes.
[[nodiscard]] std::string shell_quote(std::string_view word);

}  // namespace host
