/// The members of a JSON object as what they ought to be.
#pragma once

#include <study/timestamp.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace study {

/// `Refuse` is called with the key and what is wrong with it, and must throw: where the object
/// stands is its own affair, so that a place is put into words only for a message.
template <class Refuse>
class JsonFields {
 public:
  using value = boost::json::value;

  /// Both must outlive this.
  JsonFields(const boost::json::object& fields, const Refuse& refuse)
      : fields_(fields), refuse_(refuse) {}

  [[noreturn]] void refuse(std::string_view key, const std::string& what) const {
    refuse_(key, what);
    std::abort();  // unreachable: it throws
  }

  /// Null where the key is absent or its value is null.
  [[nodiscard]] const value* optional(std::string_view key) const {
    const value* const found = fields_.if_contains(key);
    return found != nullptr && !found->is_null() ? found : nullptr;
  }
  [[nodiscard]] const value& required(std::string_view key) const {
    const value* const found = fields_.if_contains(key);
    if (found == nullptr) refuse(key, "is missing");
    return *found;
  }

  [[nodiscard]] std::string_view text(std::string_view key) const {
    return text_of(key, required(key));
  }
  /// Empty where the key is absent.
  [[nodiscard]] std::string_view text_if_given(std::string_view key) const {
    const value* const found = fields_.if_contains(key);
    return found == nullptr ? std::string_view() : text_of(key, *found);
  }
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view key) const {
    const value* const found = optional(key);
    if (found == nullptr) return std::nullopt;
    return std::string(text_of(key, *found));
  }

  [[nodiscard]] Timestamp time(std::string_view key) const { return time_of(key, required(key)); }
  [[nodiscard]] std::optional<Timestamp> optional_time(std::string_view key) const {
    const value* const found = optional(key);
    if (found == nullptr) return std::nullopt;
    return time_of(key, *found);
  }

  [[nodiscard]] std::int64_t integer(std::string_view key) const {
    const value& found = required(key);
    if (!found.is_int64()) refuse(key, "must be an integer");
    return found.get_int64();
  }
  /// From 1 to `greatest`.
  [[nodiscard]] std::int64_t count(std::string_view key, std::int64_t greatest) const {
    const value& found = required(key);
    if (!found.is_int64() || found.get_int64() < 1 || found.get_int64() > greatest) {
      refuse(key, "must be an integer from 1 to " + std::to_string(greatest));
    }
    return found.get_int64();
  }

  [[nodiscard]] const boost::json::array& array(std::string_view key) const {
    const boost::json::array* const found = required(key).if_array();
    if (found == nullptr) refuse(key, "must be an array");
    return *found;
  }

 private:
  [[nodiscard]] std::string_view text_of(std::string_view key, const value& found) const {
    if (!found.is_string()) refuse(key, "must be a string");
    return found.get_string();
  }
  [[nodiscard]] Timestamp time_of(std::string_view key, const value& found) const {
    const std::optional<Timestamp> time = parse_timestamp(text_of(key, found));
    if (!time) refuse(key, "must be a time such as 2026-02-27T16:30:00Z");
    return *time;
  }

  const boost::json::object& fields_;
  const Refuse& refuse_;
};

}  // namespace study
