/// From the checkpoint of an interrupted study to the state that it goes on from. Pure: no file, no
/// clock.
#pragma once

#include <study/manifest.hpp>
#include <study/session.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace study {

/// Why the result of a completed entry doesn't count; empty if it does.
using ResultProblem = std::function<std::string(const ManifestEntry& entry)>;

/// A whole result that nobody has told of.
struct UntoldResult {
  std::string file_name;
  Timestamp made_at;
};
/// That of an entry which is running or pending; empty where there is none that counts.
using FindUntoldResult = std::function<std::optional<UntoldResult>(const ManifestEntry& entry)>;

struct ResumedState {
  StudyManifest manifest;
  /// What of the study is not as it was, and for each completed entry that has to be run again,
  /// why.
  std::vector<std::string> warnings;
  std::vector<std::size_t> run_again;  ///< entries that had ended and are pending, in order
  std::size_t adopted = 0;             ///< how many have completed because of an untold result
};

/// The state of the study that `plan` tells of, after what `checkpoint` tells of it.
///
/// Each entry of the plan that the checkpoint has as completed, with a result that counts, is kept
/// as it was; with `stay_failed` one that failed, too. One that had not ended, and has an untold
/// result, has completed. Everything else is pending. Completed and failed entries of a cycle that
/// the plan doesn't have any more are kept behind their configuration's. The head is `head` with
/// the checkpoint's `started_at`. Linear; the entries of the checkpoint become those of the state,
/// so that a large study isn't there twice.
[[nodiscard]] ResumedState resumed_state(StudyManifest checkpoint, const ManifestHead& head,
                                         const StudyPlan& plan, FailedRuns failed_runs,
                                         const ResultProblem& result_problem,
                                         const FindUntoldResult& find_untold_result = {});

}  // namespace study
