/// One attempt at one experiment, as a row of the table `attempts`.
#pragma once

#include "checkpoint/entry_table.hpp"

#include <study/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace study::postgres {

enum class AttemptStatus { running, completed, failed, interrupted };

/// As in the column `status`.
[[nodiscard]] constexpr std::string_view to_string(AttemptStatus status) {
  switch (status) {
    case AttemptStatus::running:
      return "running";
    case AttemptStatus::completed:
      return "completed";
    case AttemptStatus::failed:
      return "failed";
    case AttemptStatus::interrupted:
      return "interrupted";
  }
  return "";
}

/// The whole row as it is after a transition, so that storing it twice does what storing it once
/// does.
struct AttemptRow {
  checkpoint::EntryIndex entry = 0;
  std::uint32_t attempt = 0;   ///< as numbered in the store: 1 is the entry's first one ever
  std::uint64_t sequence = 0;  ///< of the transition
  AttemptStatus status = AttemptStatus::running;
  std::optional<Timestamp> started_at;  ///< empty: it could not be started
  std::optional<Timestamp> ended_at;
  std::optional<std::string> result_file;
  std::optional<std::string> error_type;
  std::optional<std::string> error_message;
};

/// Makes the rows of a study from its transitions, which come in order, each once.
class AttemptRows {
 public:
  [[nodiscard]] AttemptRow after(const checkpoint::Transition& transition);

 private:
  /// A row tells when its attempt began, a transition only when it happened.
  std::unordered_map<checkpoint::EntryIndex, Timestamp> running_since_;
};

}  // namespace study::postgres
