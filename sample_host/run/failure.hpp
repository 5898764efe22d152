/// What is said of a run that has failed.
#pragma once

#include "run/experiment_process.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace host {

struct Failure {
  std::string type;     ///< fit for `error_type`
  std::string message;  ///< fit for `error_message`
};

/// The one way to make one: both texts through study::failure_type and study::failure_message.
[[nodiscard]] Failure make_failure(std::string_view type, std::string_view message);

/// The same with a further sentence at its end, for which room is made where the message is long.
[[nodiscard]] Failure with_sentence(const Failure& failure, std::string_view sentence);

/// What the experiment itself reports: the last line of its stderr that is not blank, if it is a
/// JSON object with strings `error_type` and `error_message`.
[[nodiscard]] std::optional<Failure> reported_failure(std::string_view error_tail);

/// The failure that the end of a process is by itself; empty if it exited with 0 in time.
///
/// In this order: `TimeoutError` where the time limit ended it; what it reports itself;
/// `ProcessSignal` with the signal's name; `ProcessExit` with the code. The latter two end with the
/// last lines of stderr.
[[nodiscard]] std::optional<Failure> failure_of(const ProcessEnd& end,
                                                std::optional<std::chrono::milliseconds> timeout);

/// Whether by SIGKILL, itself or what a shell has run for it and tells of by its own code.
[[nodiscard]] bool was_killed(const ProcessEnd& end);

/// Whether the process ended as one does that somebody has told to: by one of the signals that
/// interrupt a study, or SIGKILL; or with the exit code that a shell makes of such an end.
[[nodiscard]] bool ended_as_if_told(const ProcessEnd& end);

/// For so long a process that has ended so may have got it from whoever interrupts the host,
/// or a leaf, too, and before it.
inline constexpr std::chrono::milliseconds kInterruptWindow{1000};

/// A failure of that type whose message ends with the last lines of stderr.
[[nodiscard]] Failure with_last_lines(std::string_view type, std::string message,
                                      std::string_view error_tail);

/// Of a process that says by its exit code that all is well: what it has reported itself, else
/// `InvalidResult`.
[[nodiscard]] Failure no_result(const ProcessEnd& end, std::string message);

/// `SIGSEGV`; `signal 40` where there is no name.
[[nodiscard]] std::string signal_name(int signal);

}  // namespace host
