#include "postgres/attempts.hpp"

namespace study::postgres {
namespace {

[[nodiscard]] AttemptStatus status_after(ExperimentState state) {
  switch (state) {
    case ExperimentState::running:
      return AttemptStatus::running;
    case ExperimentState::completed:
      return AttemptStatus::completed;
    case ExperimentState::failed:
      return AttemptStatus::failed;
    case ExperimentState::pending:
      break;
  }
  return AttemptStatus::interrupted;
}

[[nodiscard]] std::optional<std::string> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Attempts::Attempts(std::vector<std::int32_t> last_stored) : entries_(last_stored.size()) {
  for (std::size_t i = 0; i < last_stored.size(); ++i) entries_[i].last_stored = last_stored[i];
}

Change Attempts::take(const checkpoint::Transition& transition) {
  Entry& entry = entries_[transition.entry];
  Change change;
  change.entry = transition.entry;
  change.attempt = entry.last_stored + static_cast<std::int32_t>(transition.attempt);
  change.sequence = transition.sequence;
  change.status = status_after(transition.state);
  if (change.status == AttemptStatus::running) {
    entry.started = transition.attempt;
    entry.started_at = transition.time;
  } else {
    change.ended_at = transition.time;
  }
  if (entry.started == transition.attempt) change.started_at = entry.started_at;
  change.result_file = text_or_null(transition.result_file);
  change.error_type = text_or_null(transition.error_type);
  change.error_message = text_or_null(transition.error_message);
  return change;
}

}  // namespace study::postgres
