#include "journal/journal_attempts.hpp"

#include <utility>

namespace study::journal {
namespace {

AttemptState state_after(ExperimentState state) {
  switch (state) {
    case ExperimentState::running:
      return AttemptState::running;
    case ExperimentState::completed:
      return AttemptState::completed;
    case ExperimentState::failed:
      return AttemptState::failed;
    case ExperimentState::pending:
      break;
  }
  return AttemptState::interrupted;
}

std::optional<std::string> if_any(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

void AttemptReplay::move(const ManifestEntryView& entry, const checkpoint::Transition& transition) {
  StudyAttempt attempt{.config_hash = std::string(entry.config_hash),
                       .cycle = entry.cycle,
                       .attempt = transition.attempt,
                       .state = state_after(transition.state),
                       .attributes = transition.attributes};
  if (attempt.state == AttemptState::running) {
    attempt.started_at = transition.time;
    running_.insert_or_assign(transition.entry, std::move(attempt));
    return;
  }
  if (const auto begun = running_.extract(transition.entry); !begun.empty()) {
    attempt.started_at = begun.mapped().started_at;
  }
  attempt.ended_at = transition.time;
  attempt.result_file = if_any(transition.result_file);
  attempt.error_type = if_any(transition.error_type);
  attempt.error_message = if_any(transition.error_message);
  take_(attempt);
}

void AttemptReplay::interrupt_all() {
  hand_over_all(AttemptState::interrupted);
}

void AttemptReplay::finish() {
  hand_over_all(AttemptState::running);
}

void AttemptReplay::hand_over_all(AttemptState state) {
  for (auto& [entry, attempt] : running_) {
    attempt.state = state;
    take_(attempt);
  }
  running_.clear();
}

}  // namespace study::journal
