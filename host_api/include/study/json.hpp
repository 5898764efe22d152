/// JSON text to values and back, without losing a digit.
///
/// Two things are stricter than Boost.JSON. Numbers: a double is the nearest one to its text, where
/// Boost 1.81 may be off by a unit in the last place, and an integer beyond 64 bits is refused,
/// where Boost makes it a double. Objects: a key that appears twice is refused, where Boost
/// lets the last one win.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

namespace study {

/// Reads one JSON text (RFC 8259, UTF-8). Values that it gives keep `storage` alive.
///
/// Throws `InputError`: `{source}:{line}: what is wrong (column {column})`. `source` is what
/// messages call the text, such as the file's path.
[[nodiscard]] boost::json::value parse_json(std::string_view text, std::string_view source,
                                            boost::json::storage_ptr storage = {});

struct JsonStyle {
  bool sorted;  ///< keys by code point
  bool ascii;   ///< everything else as \uXXXX
  bool spaced;  ///< `, ` and `: ` instead of `,` and `:`
};

/// The form that `json.dumps(value, sort_keys=True)` gives.
inline constexpr JsonStyle kCanonicalStyle{.sorted = true, .ascii = true, .spaced = true};

/// The shortest form.
inline constexpr JsonStyle kCompactStyle{.sorted = false, .ascii = false, .spaced = false};

/// The shortest text that round-trips, in Python's form: `100.0`, `1e-05`, `1e+16`, `-0.0`.
/// `number` must be finite.
void append_python_double(std::string& out, double number);

/// Throws `InputError` for NaN, infinities and, in ASCII, strings that are not UTF-8. Complexity:
/// linear, but for the sorting of keys.
class JsonWriter {
 public:
  JsonWriter(std::string& out, JsonStyle style) : out_(out), style_(style) {}

  void write(const boost::json::value& value);
  void write_object(const boost::json::object& object);

 private:
  void write_array(const boost::json::array& array);
  void write_string(std::string_view text);
  void write_member(const boost::json::key_value_pair& member);
  void write_double(double number);

  std::string& out_;
  JsonStyle style_;
};

/// Appends `value` on one line, UTF-8, without spaces, keys in their order. Strings must be valid
/// UTF-8. Throws `InputError` for NaN and infinities.
void append_json(std::string& out, const boost::json::value& value);

/// A JSON string with its quotes; escapes only what JSON demands, control characters as `\uXXXX` in
/// lower case except \b \t \n \f \r. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace study
