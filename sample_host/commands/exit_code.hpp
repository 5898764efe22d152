/// What study-host's exit status says. Scripts rely on it.
#pragma once

namespace host {

inline constexpr int kExitCompleted = 0;   ///< all experiments completed
inline constexpr int kExitFailed = 1;      ///< some experiment failed
inline constexpr int kExitBadInput = 2;    ///< bad usage, or a bad input file
inline constexpr int kExitStudyError = 3;  ///< the study could not start or go on
/// And 128 plus the signal's number where a signal ended the study: 130 for SIGINT, 143 for
/// SIGTERM.
inline constexpr int kExitSignalBase = 128;

}  // namespace host
