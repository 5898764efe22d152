/// The result of a run: found, checked, and put in place.
#pragma once

#include "run/failure.hpp"

#include <study/atomic_file.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace host {

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
