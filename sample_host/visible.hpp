/// Text from outside as a person may see it.
#pragma once

#include <string>
#include <string_view>

namespace study_host {

/// `text` on one line, with nothing in it that a terminal would obey: control characters as `\n`,
/// `\t`, `\x1b`, those from U+0080 to U+009F and the marks that change the direction of writing
/// (Unicode 15, section 23.2) or end a line as `\u009b`, `\u202e`; ill-formed UTF-8 as U+FFFD.
/// Idempotent.
[[nodiscard]] std::string visible(std::string_view text);

/// Throws `study::InputError` with `visible(message)`: what a person wrote may have a null
/// character, at which `what()` would end.
[[noreturn]] void refuse_input(std::string_view message);

}  // namespace study_host
