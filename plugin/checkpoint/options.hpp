/// Options that several sinks have.
#pragma once

#include <study/atomic_file.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>

#include <boost/json/object.hpp>

namespace study::checkpoint {

/// `durability`: `process`, which is the default, or `power`.
[[nodiscard]] inline Durability durability_of(const boost::json::object& options) {
  const auto* const durability = options.if_contains("durability");
  return durability != nullptr && durability->as_string() == "power" ? Durability::power
                                                                     : Durability::process;
}

/// An option in seconds, whole or not.
[[nodiscard]] inline std::chrono::milliseconds seconds_of(const boost::json::object& options,
                                                          std::string_view name,
                                                          std::chrono::milliseconds otherwise) {
  const auto* const seconds = options.if_contains(name);
  if (seconds == nullptr) return otherwise;
  constexpr double kMost = 1e6;  // beyond it nobody waits, and clocks overflow
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double>(std::min(seconds->to_number<double>(), kMost)));
}

}  // namespace study::checkpoint
