/// `--dry-run`: the plan of a study, as text.
#pragma once

#include "plan/prepared_study.hpp"
#include "session/observers.hpp"

#include <study/experiment_state.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// What a resumed study goes on from.
struct ResumedPlan {
  struct Done {
    ScheduledRun run;
    study::ExperimentState state;  ///< completed, or failed where that is not run again
  };
  std::filesystem::path study_dir;
  std::vector<std::string> remarks;  ///< what is not as it was, what would be settled
  std::vector<Done> done;            ///< in the order of the schedule
};

/// What would run: counts, what varies, order, gaps, jobs, runners, observers, and the runs in the
/// order in which they start, each with the pause before it; of many the first and the last ones.
/// Of a long value its beginning. Estimates nothing. Every line ends with a newline.
/// Of a study that is resumed, what it goes on from and what is done, too; its schedule has what is
/// left.
[[nodiscard]] std::string describe_plan(const PreparedStudy& study,
                                        const std::vector<study::ConfiguredObserver>& observers,
                                        const std::optional<ResumedPlan>& resumed = {});

/// `word` as a POSIX shell reads it back: bare where it may be, else in single quotes.
[[nodiscard]] std::string shell_quote(std::string_view word);

}  // namespace host
