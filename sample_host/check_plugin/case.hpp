/// One question that is put to a plugin, and how it is answered.
///
/// This is what the report, the child process and the cases have in common, so it stands below
/// them.
#pragma once

#include "check_plugin/process_state.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// The plugin breaks the contract. `what()` says how, in a sentence that follows the case's name.
class CaseFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The case can't be tried on this plugin. `what()` says why.
class CaseSkipped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What is being done, seen from outside also when it is never finished.
using StepFunction = std::function<void(std::string_view step)>;

/// How the process of a case ends that has passed.
enum class ChildEnd {
  at_once,  ///< nothing that the plugin has left behind is called any more
  normal,   ///< through exit(3), with all that it calls; what goes wrong there is a failure
  silent,   ///< the same, and by then nothing may have come to stdout
};

class PluginFile;

/// What a case works with.
struct CaseContext {
  const PluginFile& plugin;
  std::string options;                   ///< those that the person gave: a JSON object
  std::filesystem::path results_dir;     ///< absolute, the case's own
  std::uint64_t seed = 0;                ///< of everything random
  const ProcessState& process_before;    ///< before the library was loaded
  std::chrono::microseconds slow_limit;  ///< for one transition
  StepFunction step;                     ///< told before each call
  /// Told at most once, how it went: for the report of a case that passes.
  std::function<void(std::string)> remark;
};

/// Runs in a process of its own, so that nothing that a plugin does can disturb another case.
struct Case {
  std::string_view group;
  std::string_view name;  ///< a sentence about a plugin that behaves

  /// Returns, or throws `CaseFailed` or `CaseSkipped`.
  void (*run)(const CaseContext& context);

  /// Where this one fails, those that follow can't be tried.
  bool is_gate = false;

  ChildEnd end = ChildEnd::at_once;
};

enum class Verdict { pass, fail, skip };

struct CaseResult {
  Verdict verdict = Verdict::fail;
  std::string text;  ///< why; for a pass a remark, mostly none
  std::chrono::milliseconds duration{0};
};

/// All cases, in the order of the report.
[[nodiscard]] std::vector<Case> all_cases();

// The groups.
[[nodiscard]] std::vector<Case> handshake_cases();
[[nodiscard]] std::vector<Case> option_cases();
[[nodiscard]] std::vector<Case> lifecycle_cases();
[[nodiscard]] std::vector<Case> failure_cases();
[[nodiscard]] std::vector<Case> text_cases();
[[nodiscard]] std::vector<Case> hostile_cases();
[[nodiscard]] std::vector<Case> thread_cases();
[[nodiscard]] std::vector<Case> minor_1_cases();
[[nodiscard]] std::vector<Case> attempt_cases();
[[nodiscard]] std::vector<Case> study_cases();
[[nodiscard]] std::vector<Case> process_cases();
[[nodiscard]] std::vector<Case> log_cases();
[[nodiscard]] std::vector<Case> borrowed_cases();
[[nodiscard]] std::vector<Case> checkpoint_cases();
[[nodiscard]] std::vector<Case> resume_cases();
[[nodiscard]] std::vector<Case> speed_cases();

}  // namespace host
