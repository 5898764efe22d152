#include "check_plugin/report.hpp"

#include "base/format.hpp"
#include "check_plugin/called_plugin.hpp"
#include "check_plugin/child.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cerrno>

#include <stdlib.h>

namespace host {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "study-host-check-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw study::FileError("mkdtemp " + pattern, errno);
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

CaseResult run_case(const ChildRunner& runner, const Case& one, const CheckOptions& options) {
  const TemporaryFolder folder;
  const fs::path results_dir = folder.path() / "results";
  fs::create_directory(results_dir);
  return runner.run(
      [&](const StepFunction& step) {
        const ProcessState before = process_state();
        step("the loading of the library");
        const PluginFile plugin(options.plugin);
        step("");
        std::string remark;
        one.run({plugin, options.options, results_dir, options.seed, before, options.slow_limit,
                 step, [&](std::string text) { remark = std::move(text); }});
        return remark;
      },
      options.time_limit, one.end);
}

bool is_wanted(const Case& one, const std::string& only) {
  return only.empty() || one.group.find(only) != std::string_view::npos ||
         one.name.find(only) != std::string_view::npos;
}

/// Names the group, the case or the word of them that was likely meant.
[[noreturn]] void fail_unwanted(const std::vector<Case>& cases, const std::string& only) {
  std::vector<std::string_view> known;
  std::string groups;
  std::string_view group;
  for (const Case& one : cases) {
    if (one.group != group) groups += (groups.empty() ? "" : ", ") + std::string(one.group);
    group = one.group;
    for (std::string_view text : {one.group, one.name}) {
      known.push_back(text);
      while (!text.empty()) {
        known.push_back(text.substr(0, text.find_first_of(" ,")));
        text.remove_prefix(std::min(known.back().size() + 1, text.size()));
      }
    }
  }
  const std::string_view nearest = study::nearest_name(only, known);
  throw study::InputError(study::format(
      "--only: no case has '{}' in its group or name; {}", only,
      nearest.empty() ? "the groups are " + groups : study::format("did you mean '{}'?", nearest)));
}

std::string_view word_of(Verdict verdict) {
  return verdict == Verdict::pass ? "pass" : verdict == Verdict::skip ? "skip" : "FAIL";
}

std::size_t count(const std::vector<CheckedCase>& checked, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(checked.begin(), checked.end(),
                    [&](const CheckedCase& one) { return one.result.verdict == verdict; }));
}

}  // namespace

std::vector<CheckedCase> try_cases(const CheckOptions& options,
                                   const std::function<void(const CheckedCase&)>& show) {
  const std::vector<Case> cases = all_cases();
  if (std::none_of(cases.begin(), cases.end(),
                   [&](const Case& one) { return is_wanted(one, options.only); })) {
    fail_unwanted(cases, options.only);
  }
  const ChildRunner runner;
  std::vector<CheckedCase> checked;
  std::string closed_gate;
  for (const Case& one : cases) {
    // A gate says why others can't be tried, so it is tried unasked.
    if (!one.is_gate && !is_wanted(one, options.only)) continue;
    CheckedCase result{one, {}};
    if (closed_gate.empty()) {
      result.result = run_case(runner, one, options);
    } else {
      result.result = {Verdict::skip, "not tried, since it fails `" + closed_gate + "`", {}};
    }
    if (one.is_gate && result.result.verdict == Verdict::fail) closed_gate = one.name;
    if (show) show(result);
    checked.push_back(std::move(result));
  }
  return checked;
}

std::string case_line(const CheckedCase& checked) {
  const std::string& text = checked.result.text;
  return study::format("  {}  {}{}{}", word_of(checked.result.verdict), checked.tried.name,
                       text.empty() ? "" : ": ", study::visible(text));
}

std::string summary_line(const std::vector<CheckedCase>& checked) {
  return study::format("{} passed, {} failed, {} skipped", count(checked, Verdict::pass),
                       count(checked, Verdict::fail), count(checked, Verdict::skip));
}

std::string report_json(const CheckOptions& options, const std::vector<CheckedCase>& checked) {
  json::array cases;
  for (const CheckedCase& one : checked) {
    const auto verdict = one.result.verdict;
    cases.push_back({{"group", one.tried.group},
                     {"name", one.tried.name},
                     {"verdict", verdict == Verdict::fail ? "fail" : word_of(verdict)},
                     {"text", one.result.text},
                     {"seconds", static_cast<double>(one.result.duration.count()) / 1000}});
  }
  const json::object report{{"plugin", options.plugin.string()},
                            {"passed", count(checked, Verdict::pass)},
                            {"failed", count(checked, Verdict::fail)},
                            {"skipped", count(checked, Verdict::skip)},
                            {"cases", std::move(cases)}};
  std::string text;
  study::append_json(text, report);
  return text + "\n";
}

bool is_all_well(const std::vector<CheckedCase>& checked) {
  return count(checked, Verdict::fail) == 0;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto group :
       {&handshake_cases, &option_cases, &lifecycle_cases, &failure_cases, &text_cases,
        &hostile_cases, &thread_cases, &minor_1_cases, &attempt_cases, &study_cases, &process_cases,
        &log_cases, &borrowed_cases, &checkpoint_cases, &resume_cases, &speed_cases}) {
    for (const Case& one : group()) cases.push_back(one);
  }
  return cases;
}

}  // namespace host
