/// JSON text to values and back, without losing a digit.
///
/// Two things are stricter than Boost.JSON. Numbers: a double is the nearest one to its text, where
/// Boost 1.81 may be off by a unit in the last place, and an integer beyond 64 bits is refused,
/// where Boost makes it a double. Objects: a key that appears twice is refused, where Boost
/// lets the last one win.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

namespace study {

/// Reads one JSON text (RFC 8259, UTF-8). Values that it gives keep `storage` alive.
///
/// Throws `InputError`: `{source}:{line}: what is wrong (column {column})`. `source` is what
/// messages call the text, such as the file's path.
[[nodiscard]] boost::json::value parse_json(std::string_view text, std::string_view source,
                                            boost::json::storage_ptr storage = {});

/// Appends `value` on one line, UTF-8, without spaces, keys in their order. Strings must be valid
/// UTF-8. Throws `InputError` for NaN and infinities.
void append_json(std::string& out, const boost::json::value& value);

/// A JSON string with its quotes; escapes only what JSON demands, control characters as `\uXXXX` in
/// lower case except \b \t \n \f \r. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace study
