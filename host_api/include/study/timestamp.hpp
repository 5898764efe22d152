/// Points in time as the manifest shows them: UTC, microseconds.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace study {

/// Microseconds since 1970-01-01T00:00:00Z, without leap seconds.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// The present, from the system clock.
[[nodiscard]] Timestamp now();

/// Appends RFC 3339 text: `2026-02-27T16:30:01.000003Z`, the fraction (six digits) left out when
/// zero. Requires a year from 0000 to 9999.
void append_timestamp(std::string& out, Timestamp time);
[[nodiscard]] std::string format_timestamp(Timestamp time);

/// Reads RFC 3339 text: `Z` or a numeric offset, any number of fraction digits (beyond six cut
/// off). Empty for anything else, impossible dates included.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);

/// `2026-02-27T16-30-00`: UTC, safe in a file name.
[[nodiscard]] std::string file_name_timestamp(Timestamp time);

}  // namespace study
