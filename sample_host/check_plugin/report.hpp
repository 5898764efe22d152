/// All cases on one plugin, and the report.
#pragma once

#include "check_plugin/case.hpp"

namespace host {

struct CheckOptions {
  std::filesystem::path plugin;            ///< absolute
  std::string options = "{}";              ///< a JSON object
  std::chrono::milliseconds time_limit{};  ///< for one case
  std::chrono::microseconds slow_limit{};  ///< for one transition
  std::uint64_t seed = 1;
  std::string only;  ///< cases whose group or name has this; empty: all
};

struct CheckedCase {
  Case tried;
  CaseResult result;
};

/// Tries the cases one after the other, each in a child process with a folder of its own in the
/// system's directory for temporary files, which is removed. `show` is told of each as soon as it
/// is known. What comes behind a gate that failed is skipped. Throws `study::InputError` where
/// `only` is in no case, `study::FileError` and `study::StudyError` where no child or folder can be
/// made, and `Interrupted`, with nothing left behind.
std::vector<CheckedCase> try_cases(const CheckOptions& options,
                                   const std::function<void(const CheckedCase&)>& show);

/// `  FAIL  it observes a whole study: on_study_end failed with …`.
[[nodiscard]] std::string case_line(const CheckedCase& checked);
/// `31 passed, 1 failed, 2 skipped`.
[[nodiscard]] std::string summary_line(const std::vector<CheckedCase>& checked);
/// `{"plugin": "…", "passed": 31, …, "cases": [{"group": …, "name": …, "verdict": "pass" | "fail" |
/// "skip", "text": …, "seconds": 0.123}]}`. Ends with a newline.
[[nodiscard]] std::string report_json(const CheckOptions& options,
                                      const std::vector<CheckedCase>& checked);

[[nodiscard]] bool is_all_well(const std::vector<CheckedCase>& checked);

}  // namespace host
