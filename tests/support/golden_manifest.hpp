/// tests/data/manifest_golden.json, as it is and with one thing wrong.
#pragma once

#include "test_data.hpp"

#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace study_test {

[[nodiscard]] inline const std::string& golden() {
  static const std::string text = read_test_data("manifest_golden.json");
  return text;
}

namespace golden_detail {

/// With `change` made to the head or to the second entry.
template <class Change>
std::string changed(bool in_entry, Change&& change) {
  boost::json::object root = json_object(golden());
  change(in_entry ? root["experiments"].as_array()[1].as_object() : root);
  std::string out;
  study::append_json(out, root);
  return out;
}

}  // namespace golden_detail

/// With another value at the head's `key`.
[[nodiscard]] inline std::string with_head(std::string_view key, const boost::json::value& value) {
  return golden_detail::changed(false, [&](boost::json::object& head) { head[key] = value; });
}
/// With another value at the second entry's `key`.
[[nodiscard]] inline std::string with_entry(std::string_view key, const boost::json::value& value) {
  return golden_detail::changed(true, [&](boost::json::object& entry) { entry[key] = value; });
}
/// Without the head's or the second entry's `key`.
[[nodiscard]] inline std::string without(std::string_view key, bool in_entry) {
  return golden_detail::changed(in_entry, [&](boost::json::object& fields) { fields.erase(key); });
}

}  // namespace study_test
