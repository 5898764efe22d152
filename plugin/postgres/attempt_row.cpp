#include "postgres/attempt_row.hpp"

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

AttemptRow AttemptRows::after(const checkpoint::Transition& transition) {
  AttemptRow row;
  row.entry = transition.entry;
  row.attempt = transition.attempt;
  row.sequence = transition.sequence;
  row.status = status_after(transition.state);
  if (row.status == AttemptStatus::running) {
    row.started_at = running_since_[transition.entry] = transition.time;
  } else {
    row.ended_at = transition.time;
    const auto begun = running_since_.extract(transition.entry);
    if (begun) row.started_at = begun.mapped();
  }
  row.result_file = text_or_null(transition.result_file);
  row.error_type = text_or_null(transition.error_type);
  row.error_message = text_or_null(transition.error_message);
  return row;
}

}  // namespace study::postgres
