/// The result of a run: found, checked, and put in place, or else kept aside.
#pragma once

#include "run/failure.hpp"
#include "session/json_check.hpp"

#include <study/atomic_file.hpp>
#include <study/posix.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace host {

/// Where the result of one attempt at a run is. All are in the study directory. Texts, since a
/// `std::filesystem::path` is taken apart whenever it is made, and each attempt has these.
struct ResultFiles {
  /// What `{result_file}` stands for: a hidden name, so that nobody takes what is still being
  /// written for a result, and the attempt's own, so that a process of an earlier one that goes on
  /// writes nowhere else. Empty: the command does not use it.
  std::string written;
  std::string rejected;  ///< where what doesn't count is kept
  std::string final;
};

/// `.{stem}.{attempt}.result`, `{stem}.{attempt}.rejected.json`, `{stem}.json`.
[[nodiscard]] ResultFiles result_files(const std::filesystem::path& study_dir,
                                       const std::string& stem, int attempt);

/// The JSON that a program printed: all of its stdout, or else its last line that is not blank, if
/// that is a JSON object (programs print other things before). Empty if there is none. Where `out`
/// isn't whole, the last line alone, if its beginning is there.
[[nodiscard]] std::string_view json_of_output(std::string_view out, bool is_whole = true);

/// Keeps what an attempt wrote that doesn't count as `files.rejected`, and removes what nobody
/// could want: an empty file, a link, a pipe. Gives the name under which it is kept, empty for
/// nothing.
[[nodiscard]] std::string keep_rejected(const ResultFiles& files) noexcept;

/// Puts the result of a process that exited with 0 in place, step by step, so that the largest
/// doesn't keep the event loop from its other work: what it wrote to `files.written`, byte for
/// byte, or where it wrote none, the JSON of its stdout.
class ResultPlacement {
 public:
  enum class Step {
    more,    ///< there is more to do
    placed,  ///< `files.final` is there, whole, and visible to every other process
    none,    ///< there is no result: `failure` tells why
    fault,   ///< the host itself has failed, and may succeed later: `failure` tells why
  };

  /// `end` outlives this. `lines_count`: JSON in the last line of stdout is a result, too. Whether
  /// a power loss may still take the result is up to `durability`.
  ResultPlacement(const ProcessEnd& end, ResultFiles files, bool lines_count,
                  study::Durability durability);

  /// Does a few milliseconds' work. After a fault it goes on where it was.
  [[nodiscard]] Step step();

  /// Where there is no result or it is no JSON, what the process itself has reported as its
  /// failure, else `InvalidResult` with the last lines of stderr. `FileError` for a fault.
  [[nodiscard]] const Failure& failure() const { return failure_; }

 private:
  enum class Stage { find, check, sync, place };

  [[nodiscard]] Step find();
  [[nodiscard]] Step check();
  [[nodiscard]] Step sync();
  [[nodiscard]] Step place();
  [[nodiscard]] Step place_printed();
  [[nodiscard]] Step refuse(const std::string& message);
  [[nodiscard]] Step fail(const std::string& operation, int error_number);

  const ProcessEnd& end_;
  const ResultFiles files_;
  const bool lines_count_;
  const study::Durability durability_;
  Stage stage_ = Stage::find;
  study::UniqueFd file_;
  study::JsonCheck json_;
  std::vector<char> buffer_;
  std::int64_t size_bytes_ = 0;
  std::int64_t synced_bytes_ = 0;
  Failure failure_;
};

}  // namespace host
