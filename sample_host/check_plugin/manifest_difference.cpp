#include "check_plugin/manifest_difference.hpp"

#include "input/input_error.hpp"

#include <study/text.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace plugin_check {
namespace {

constexpr std::size_t kMaxShownBytes = 60;

std::string shown(std::string_view text) {
  std::string result = host::visible(text);
  const std::string_view cut = study::truncate_utf8(result, kMaxShownBytes);
  if (cut.size() < result.size()) {
    result = std::string(cut) + "… (" + std::to_string(text.size()) + " bytes)";
  }
  return "`" + result + "`";
}
std::string shown(study::Timestamp time) {
  return study::format_timestamp(time);
}
std::string shown(study::ExperimentState state) {
  return std::string(to_string(state));
}
std::string shown(study::StudyStatus status) {
  return std::string(to_string(status));
}
std::string shown(std::int32_t number) {
  return std::to_string(number);
}
template <class Value>
std::string shown(const std::optional<Value>& value) {
  return value ? shown(*value) : "nothing";
}

/// Compares member after member until one differs.
class Comparison {
 public:
  explicit Comparison(std::string owner) : owner_(std::move(owner)) {}

  template <class Value>
  Comparison& member(std::string_view name, const Value& found, const Value& expected) {
    if (result_.empty() && !(found == expected)) {
      result_ = owner_ + " has the " + std::string(name) + " " + shown(found) +
                " in the place of " + shown(expected);
    }
    return *this;
  }

  [[nodiscard]] const std::string& result() const { return result_; }

 private:
  std::string owner_;
  std::string result_;
};

std::string head_difference(const study::ManifestHead& found, const study::ManifestHead& expected) {
  return Comparison("it")
      .member("study name", found.study_name, expected.study_name)
      .member("study_design_hash", found.study_design_hash, expected.study_design_hash)
      .member("framework version", found.framework_version, expected.framework_version)
      .member("status", found.status, expected.status)
      .member("started_at", found.started_at, expected.started_at)
      .member("completed_at", found.completed_at, expected.completed_at)
      .result();
}

std::string entry_difference(std::size_t position, const study::ManifestEntry& found,
                             const study::ManifestEntry& expected) {
  return Comparison("entry " + std::to_string(position + 1) + " (" + expected.config_hash +
                    " cycle " + std::to_string(expected.cycle) + ")")
      .member("config_hash", found.config_hash, expected.config_hash)
      .member("cycle", found.cycle, expected.cycle)
      .member("status", found.status, expected.status)
      .member("config_summary", found.config_summary, expected.config_summary)
      .member("result_file", found.result_file, expected.result_file)
      .member("error_type", found.error_type, expected.error_type)
      .member("error_message", found.error_message, expected.error_message)
      .member("started_at", found.started_at, expected.started_at)
      .member("completed_at", found.completed_at, expected.completed_at)
      .result();
}

}  // namespace

std::string first_difference(const study::StudyManifest& found,
                             const study::StudyManifest& expected) {
  if (std::string text = head_difference(found.head, expected.head); !text.empty()) return text;
  if (found.experiments.size() != expected.experiments.size()) {
    return "it has " + std::to_string(found.experiments.size()) + " entries in the place of " +
           std::to_string(expected.experiments.size());
  }
  for (std::size_t i = 0; i < found.experiments.size(); ++i) {
    std::string text = entry_difference(i, found.experiments[i], expected.experiments[i]);
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace plugin_check
