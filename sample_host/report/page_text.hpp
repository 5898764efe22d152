/// Texts in HTML, and JSON in an element of it, from which nothing leads out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace host {

/// Appends `text` for between tags, or for an attribute in quotes. Bytes that aren't UTF-8 become
/// U+FFFD; controls and marks that change the direction of writing are shown, as in `visible`.
void append_html(std::string& out, std::string_view text);

/// Appends a JSON string for a `<script type="application/json">`: `<`, `>` and `&` are escaped, so
/// that nothing in it ends the element or begins a comment (HTML standard, section 4.12.1.3), and
/// so are U+2028 and U+2029. Bytes that aren't UTF-8 become U+FFFD.
void append_script_text(std::string& out, std::string_view text);

void append_number(std::string& out, std::int64_t number);
/// An integer exactly, as far as a double has it; anything else with seven digits.
void append_short_number(std::string& out, double number);

/// `sha256-…` for a content security policy (CSP level 3, section 2.3.1).
[[nodiscard]] std::string policy_hash(std::string_view content);

}  // namespace host
