#include "input/field_hints.hpp"

#include "base/format.hpp"
#include "input/execution.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace host {
namespace {

// Of the study's keys, those that are hardly meant as fields, nor are their near misses.
constexpr std::array<std::string_view, 4> kTellingKeys = {"sweep", "experiments", "execution",
                                                          "runners"};
// What others call the dimensions of a sweep.
constexpr std::array<std::string_view, 3> kForeignSweeps = {"matrix", "grid", "parameters"};

bool is_one_of(std::string_view key, std::span<const std::string_view> keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

std::string misplaced_field_hint(std::string_view key) {
  if (is_one_of(key, execution_keys())) return "as a setting it belongs under 'execution'";
  if (is_one_of(key, kTellingKeys)) {
    return "as a part of the study it belongs at the top of the file";
  }
  if (is_one_of(key, kForeignSweeps)) {
    return "dimensions are written under 'sweep', such as {lr: [0.1, 0.01]}";
  }
  if (key == "method") {
    return "a study runs every combination of its 'sweep'; there is no other method";
  }
  if (key.find('.') != std::string_view::npos) {
    return "only under 'sweep' does a dot lead into a nested field";
  }
  std::string_view near = study::nearest_name(key, kTellingKeys);
  if (!near.empty()) return study::format("did you mean '{}'?", near);
  near = study::nearest_name(key, execution_keys());
  return near.empty() ? "" : study::format("did you mean '{}' under 'execution'?", near);
}

std::string foreign_sweep_hint(std::string_view key) {
  if (is_one_of(key, kForeignSweeps)) {
    return study::format(
        "dimensions stand directly under 'sweep', such as lr: [0.1, 0.01]; for a field named '{}' "
        "put its value into a list",
        key);
  }
  if (key == "method") {
    return "a study runs every combination of its 'sweep'; for a field named 'method' put its "
           "value into a list";
  }
  return {};
}

}  // namespace host
