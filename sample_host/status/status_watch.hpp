/// A study that is looked at until it is over.
#pragma once

#include "status/study_reader.hpp"

#include <chrono>

namespace host {

/// For how long a study that has ended is watched until its writer has left, too: an observer may
/// try several times to store the end.
inline constexpr std::chrono::milliseconds kLeavePatience{30'000};

/// Shows the study on stdout until it has ended and its writer has left, or its writer is gone: on
/// a terminal the status text, redrawn in place, which stays there at the end; elsewhere a line
/// with the time whenever the state or the counters have changed.
///
/// Gives 0 when the study is over, however it ended, and also when nobody reads stdout any more;
/// else the number of the SIGINT, SIGTERM or SIGHUP that ended the watching. The study isn't
/// touched in any case. Throws as `StudyReader::read` does.
///
/// Blocks SIGINT, SIGTERM, SIGHUP and SIGWINCH in the calling thread while it runs.
[[nodiscard]] int watch_study(StudyReader& reader,
                              std::chrono::milliseconds leave_patience = kLeavePatience);

}  // namespace host
