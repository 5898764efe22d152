/// Text as PostgreSQL can hold it.
#pragma once

#include <string>
#include <string_view>

namespace study::postgres {

/// PostgreSQL's `text` takes any UTF-8 but U+0000. What it can't hold is written as U+001A
/// (SUBSTITUTE) and two lower-case hex digits: U+0000 as `1A 30 30`, a byte that is no UTF-8 (a
/// path may have some) likewise, and U+001A itself as `1A 31 61`, so that every text comes back as
/// it was. All other text is stored as it is.
[[nodiscard]] std::string to_stored(std::string_view text);

/// The text that `to_stored` was given. What it never writes stays as it is.
[[nodiscard]] std::string from_stored(std::string_view stored);

}  // namespace study::postgres
