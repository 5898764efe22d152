#include "check_plugin/reference_table.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace plugin_check {
namespace {

using study::ExperimentState;
using study::ManifestEntry;

constexpr std::pair<ExperimentState, ExperimentState> kLegal[] = {
    {ExperimentState::pending, ExperimentState::running},
    {ExperimentState::pending, ExperimentState::failed},
    {ExperimentState::running, ExperimentState::completed},
    {ExperimentState::running, ExperimentState::failed},
    {ExperimentState::running, ExperimentState::pending},
    {ExperimentState::failed, ExperimentState::running},
};

std::optional<std::string> text_or_none(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

/// A pending entry tells nothing but which experiment it is.
void make_pending(ManifestEntry& entry) {
  entry = ManifestEntry{entry.config_hash, entry.config_summary, entry.cycle};
}

void make_running(ManifestEntry& entry, study::Timestamp time) {
  make_pending(entry);
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

}  // namespace

ReferenceTable::ReferenceTable(study::StudyManifest manifest) : manifest_(std::move(manifest)) {
  manifest_.head.status = study::StudyStatus::running;
  manifest_.head.completed_at = std::nullopt;
  for (ManifestEntry& entry : manifest_.experiments) {
    if (entry.status == ExperimentState::running) make_pending(entry);
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
      make_pending(*entry);
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

}  // namespace plugin_check
