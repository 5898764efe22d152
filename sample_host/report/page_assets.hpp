/// The page's script, style and markup, as they are in page/: page_assets.S takes them in.
#pragma once

#include <string_view>

namespace host {

[[nodiscard]] std::string_view page_script();
[[nodiscard]] std::string_view page_style();
/// What the body has behind its head.
[[nodiscard]] std::string_view page_body();

}  // namespace host
