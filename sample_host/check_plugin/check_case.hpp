/// One question that is put to a plugin, and how it is answered.
///
/// All of this folder is in a namespace of its own, since abi.h has a struct of the name that the
/// host's namespace has: who includes the one can't include the other.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace plugin_check {

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

/// What a case works with.
struct CaseContext {
  std::filesystem::path plugin;          ///< absolute
  std::string options;                   ///< those that the person gave: a JSON object
  std::filesystem::path results_dir;     ///< absolute, the case's own
  std::uint64_t seed = 0;                ///< of everything random
  std::chrono::microseconds slow_limit;  ///< for one transition
  StepFunction step;                     ///< told before each call
};

/// Runs in a process of its own, so that nothing that a plugin does can disturb another case.
struct Case {
  std::string_view group;
  std::string_view name;  ///< a sentence about a plugin that behaves

  /// Returns, perhaps with a remark on how it went, or throws `CaseFailed` or `CaseSkipped`.
  std::string (*run)(const CaseContext& context);

  /// Where this one fails, those that follow can't be tried.
  bool is_gate = false;

  /// The process ends as a host's does, and has to succeed in that, too.
  bool ends_normally = false;
};

/// All cases, in the order of the report.
[[nodiscard]] std::vector<Case> all_cases();

// The groups, each in a file of its own.
void add_handshake_cases(std::vector<Case>& cases);
void add_option_cases(std::vector<Case>& cases);
void add_lifecycle_cases(std::vector<Case>& cases);
void add_failure_cases(std::vector<Case>& cases);
void add_text_cases(std::vector<Case>& cases);
void add_hostile_cases(std::vector<Case>& cases);
void add_thread_cases(std::vector<Case>& cases);
void add_log_cases(std::vector<Case>& cases);
void add_borrowed_cases(std::vector<Case>& cases);
void add_checkpoint_cases(std::vector<Case>& cases);
void add_resume_cases(std::vector<Case>& cases);
void add_speed_cases(std::vector<Case>& cases);

}  // namespace plugin_check
