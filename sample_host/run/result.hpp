/// The result of a run: found, checked, and put in place.
#pragma once

#include "run/experiment_process.hpp"

#include <study/atomic_file.hpp>

#include <chrono>
#include <filesystem>
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

/// A failure of that type whose message ends with the last lines of stderr.
[[nodiscard]] Failure with_last_lines(std::string_view type, std::string message,
                                      std::string_view error_tail);

/// `SIGSEGV`; `signal 40` where there is no name.
[[nodiscard]] std::string signal_name(int signal);

/// Where a run's result is.
struct ResultFiles {
  /// What `{result_file}` stands for: a hidden name in the study directory, so that nobody takes
  /// what is still being written for a result. Empty: the command does not use it.
  std::filesystem::path written;
  std::filesystem::path final;  ///< in the same directory
};

/// Whether `text` is one JSON value, of any depth, with nothing but white space around it. Checks
/// without building the value; empty, or what is wrong and where.
[[nodiscard]] std::string json_problem(std::string_view text);

/// The JSON that a program printed: all of its stdout, or else its last line that is not blank, if
/// that is a JSON object (programs print other things before). Empty if there is none.
[[nodiscard]] std::string_view json_of_output(std::string_view out);

/// Puts the result of a process that exited with 0 in place: what it wrote to `files.written`, byte
/// for byte, or where it wrote none, the JSON of its stdout. When it returns nothing, `files.final`
/// is there, whole, and visible to every other process; whether a power loss may still lose it is
/// up to `durability`.
///
/// Where there is no result or it is no JSON, returns what the process itself has reported as its
/// failure, else `InvalidResult` with the last lines of stderr. `FileError` where the result could
/// not be written (a full disk).
[[nodiscard]] std::optional<Failure> place_result(const ProcessEnd& end, const ResultFiles& files,
                                                  study::Durability durability);

/// Removes what a run that failed, was interrupted or killed before left in `files.written`, also a
/// directory with all that is in it.
void discard_result(const ResultFiles& files) noexcept;

}  // namespace host
