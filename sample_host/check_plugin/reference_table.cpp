#include "check_plugin/reference_table.hpp"

#include "base/format.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace host {
namespace {

using study::ExperimentState;
using study::ManifestEntry;

constexpr std::pair<ExperimentState, ExperimentState> kLegal[] = {
    {ExperimentState::pending, ExperimentState::running},
    {ExperimentState::pending, ExperimentState::failed},
    {ExperimentState::pending, ExperimentState::completed},
    {ExperimentState::running, ExperimentState::completed},
    {ExperimentState::running, ExperimentState::failed},
    {ExperimentState::running, ExperimentState::pending},
    {ExperimentState::failed, ExperimentState::running},
};

std::optional<std::string> text_or_none(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

void make_running(ManifestEntry& entry, study::Timestamp time) {
  entry = pending(entry);
  entry.status = ExperimentState::running;
  entry.started_at = time;
}

void make_completed(ManifestEntry& entry, const study::ExperimentEvent& event) {
  entry.status = ExperimentState::completed;
  entry.completed_at = event.time;
  entry.result_file = text_or_none(study::to_valid_utf8(event.result_file));
}

/// Also of an entry that never ran, which has no start then.
void make_failed(ManifestEntry& entry, const study::ExperimentEvent& event) {
  entry.status = ExperimentState::failed;
  entry.completed_at = event.time;
  entry.error_type = text_or_none(study::failure_type(event.error_type));
  entry.error_message = text_or_none(study::failure_message(event.error_message));
}

constexpr std::size_t kMaxShownBytes = 60;

std::string shown(std::string_view text) {
  std::string result = study::visible(text);
  const std::string_view cut = study::truncate_utf8(result, kMaxShownBytes);
  if (cut.size() < result.size()) {
    result = study::format("{}… ({} bytes)", cut, text.size());
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
      result_ = study::format("{} has the {} {} in the place of {}", owner_, name, shown(found),
                              shown(expected));
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
  return Comparison(study::format("entry {} ({} cycle {})", position + 1, expected.config_hash,
                                  expected.cycle))
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

ReferenceTable::ReferenceTable(study::StudyManifest manifest) : manifest_(std::move(manifest)) {
  manifest_.head.status = study::StudyStatus::running;
  manifest_.head.completed_at = std::nullopt;
  for (ManifestEntry& entry : manifest_.experiments) {
    if (entry.status == ExperimentState::running) entry = pending(entry);
  }
}

bool ReferenceTable::apply(const study::ExperimentEvent& event) {
  const auto entry = std::find_if(
      manifest_.experiments.begin(), manifest_.experiments.end(), [&](const ManifestEntry& one) {
        return one.config_hash == event.config_hash && one.cycle == event.cycle;
      });
  if (entry == manifest_.experiments.end()) return false;
  const std::pair step{entry->status, event.state};
  if (std::find(std::begin(kLegal), std::end(kLegal), step) == std::end(kLegal)) return false;
  switch (event.state) {
    case ExperimentState::pending:
      *entry = pending(*entry);
      break;
    case ExperimentState::running:
      make_running(*entry, event.time);
      break;
    case ExperimentState::completed:
      make_completed(*entry, event);
      break;
    case ExperimentState::failed:
      make_failed(*entry, event);
      break;
  }
  return true;
}

void ReferenceTable::add(const study::PlannedConfiguration& configuration,
                         std::string study_design_hash) {
  for (std::int32_t cycle = 1; cycle <= configuration.n_cycles; ++cycle) {
    manifest_.experiments.push_back({std::string(std::string_view(configuration.config_hash)),
                                     configuration.config_summary, cycle});
  }
  manifest_.head.study_design_hash = std::move(study_design_hash);
}

void ReferenceTable::end(const study::StudyEnd& event) {
  manifest_.head.status =
      event.outcome == study::StudyOutcome::completed     ? study::StudyStatus::completed
      : event.outcome == study::StudyOutcome::interrupted ? study::StudyStatus::interrupted
                                                          : study::StudyStatus::failed;
  manifest_.head.completed_at = event.time;
}

std::size_t ReferenceTable::open_entries() const {
  return static_cast<std::size_t>(std::count_if(
      manifest_.experiments.begin(), manifest_.experiments.end(),
      [](const ManifestEntry& entry) { return entry.status != ExperimentState::completed; }));
}

study::ManifestEntry pending(const ManifestEntry& entry) {
  return {entry.config_hash, entry.config_summary, entry.cycle};
}

std::string first_difference(const study::StudyManifest& found,
                             const study::StudyManifest& expected) {
  if (std::string text = head_difference(found.head, expected.head); !text.empty()) return text;
  if (found.experiments.size() != expected.experiments.size()) {
    return study::format("it has {} entries in the place of {}", found.experiments.size(),
                         expected.experiments.size());
  }
  for (std::size_t i = 0; i < found.experiments.size(); ++i) {
    std::string text = entry_difference(i, found.experiments[i], expected.experiments[i]);
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace host
