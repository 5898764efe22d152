/// The states of an experiment and of a study, and their names in the manifest.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace study {

/// The values are those of `enum study_experiment_state` in abi.h.
enum class ExperimentState : std::int32_t { pending = 0, running = 1, completed = 2, failed = 3 };

/// How a study ended. The values are those of `enum study_outcome` in abi.h.
enum class StudyOutcome : std::int32_t {
  completed = 0,    ///< everything was run, whether or not some experiments failed
  interrupted = 1,  ///< somebody stopped it: not an error
  failed = 2,       ///< the host itself could not go on
};

/// What the manifest's `status` says of the study.
enum class StudyStatus : std::int32_t { running, completed, interrupted, failed };

[[nodiscard]] std::string_view to_string(ExperimentState state);
[[nodiscard]] std::string_view to_string(StudyStatus status);
[[nodiscard]] StudyStatus to_status(StudyOutcome outcome);

[[nodiscard]] std::optional<ExperimentState> parse_experiment_state(std::string_view text);
[[nodiscard]] std::optional<StudyStatus> parse_study_status(std::string_view text);

}  // namespace study
