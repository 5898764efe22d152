/// Values as JSON text, in the forms that this library needs.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace study {

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

}  // namespace study
