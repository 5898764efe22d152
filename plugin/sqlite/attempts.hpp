/// The states of an attempt, and the statements that store one.
#pragma once

#include <study/experiment_state.hpp>

#include <string_view>

namespace study::sqlite {

inline constexpr std::string_view kRunning = "running";
inline constexpr std::string_view kInterrupted = "interrupted";

/// What an attempt has come to, by the state that its entry has entered.
[[nodiscard]] constexpr std::string_view attempt_status(ExperimentState state) {
  switch (state) {
    case ExperimentState::running:
      return kRunning;
    case ExperimentState::completed:
      return "completed";
    case ExperimentState::failed:
      return "failed";
    case ExperimentState::pending:
      break;
  }
  return kInterrupted;  // back to pending before it had finished
}

/// study_id, position, attempt, status, started_at, ended_at, result_file, error_type,
/// error_message. Replaces what is stored of the same attempt: it may be that, where a commit has
/// failed after its bytes had reached the disk.
inline constexpr std::string_view kStoreAttempt =
    "INSERT OR REPLACE INTO attempts (study_id, position, attempt, status, started_at_us,"
    " ended_at_us, result_file, error_type, error_message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// status, ended_at, result_file, error_type, error_message, study_id, position, attempt: the end
/// of an attempt that is stored as running.
inline constexpr std::string_view kEndAttempt =
    "UPDATE attempts SET status = ?, ended_at_us = ?, result_file = ?, error_type = ?,"
    " error_message = ? WHERE study_id = ? AND position = ? AND attempt = ?";

}  // namespace study::sqlite
