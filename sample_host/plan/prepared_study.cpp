#include "plan/prepared_study.hpp"

#include "base/format.hpp"

#include <study/error.hpp>
#include <study/study_directory.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

#include <boost/json/monotonic_resource.hpp>

namespace host {

study::StudyConfig make_config(const StudyFile& file) {
  study::StudyConfig config;
  config.study_name = file.name;
  config.framework_version = STUDY_HOST_VERSION;
  config.n_cycles = file.execution.n_cycles;
  config.experiments.reserve(file.configs.size());
  // One arena for all: what a small value and its key take from the heap is more than they are.
  const auto arena = boost::json::make_shared_resource<boost::json::monotonic_resource>();
  for (const boost::json::object& fields : file.configs) {
    config.experiments.push_back({boost::json::object(fields, arena), {}});
  }
  return config;
}

namespace {

void assign_runners(PreparedStudy& study) {
  for (std::size_t i = 0; i < study.plan.configurations.size(); ++i) {
    const RunnerSpec* runner =
        find_runner(study.runners, study.fields(i), study.file.backend_field);
    if (runner != nullptr) check_placeholders(*runner, study.fields(i));
    study.runner_of.push_back(runner != nullptr && runner->problem.empty() ? runner : nullptr);
  }
}

/// A person who gave no study file is told that it helps to give one.
StudyFile load_copies(const StudyOptions& options) {
  constexpr std::string_view kHint = "; give the study file to resume without its copy";
  try {
    return load_study_copies(options.study, *options.copies);
  } catch (const study::InputError& error) {
    throw study::InputError(std::string(error.what()) + std::string(kHint));
  } catch (const study::FileError& error) {
    throw study::StudyError(std::string(error.what()) + std::string(kHint));
  }
}

std::string lack_of_runner(const PreparedStudy& study, const boost::json::object& fields) {
  const RunnerSpec* const unknown = find_runner(study.runners, fields, study.file.backend_field);
  if (unknown != nullptr) return unknown->problem;
  const std::string backend = backend_of(fields, study.file.backend_field);
  return (!backend.empty() ? "no runner for the backend `" + backend + "`"
                           : std::string("no runner for experiments without a backend")) +
         ": add it, or a `default`, under `runners` of the study file or the host config";
}

/// Who repeats a value to have it measured again means something else.
void warn_of_duplicates(PreparedStudy& study) {
  const std::size_t n_given = study.config.experiments.size();
  const std::size_t n_unique = study.plan.configurations.size();
  if (n_given == n_unique) return;
  study.file.warnings.push_back(study::format(
      "{}: {} of the {} configurations are equal to an earlier one and not run again; 'n_cycles' "
      "under 'execution' is how often each is run",
      study.file.path.string(), n_given - n_unique, n_given));
}

}  // namespace

study::StudyPlan plan_text(std::string text, const std::filesystem::path& path) {
  return study::make_plan(make_config(parse_study(std::move(text), path)));
}

PreparedStudy prepare_study(const StudyOptions& options) {
  PreparedStudy study;
  study.host = load_host_config(options.config, options.study);
  study.file = options.copies ? load_copies(options) : load_study_file(options.study);
  study::check_study_name(study.file.name);
  study.config = make_config(study.file);
  study.plan = study::make_plan(study.config);
  warn_of_duplicates(study);
  if (!study.host.names_results_dir && study.file.results_dir) {
    study.host.results_dir = std::filesystem::absolute(*study.file.results_dir).lexically_normal();
  }
  study.runners = resolve_runners(study.file, study.host.runners);
  assign_runners(study);
  study.schedule = make_schedule(study.plan, study.file.execution);
  study.jobs = options.jobs.value_or(study.host.jobs);
  return study;
}

std::vector<std::string> missing_runners(const PreparedStudy& study) {
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < study.runner_of.size(); ++i) {
    if (study.runner_of[i] != nullptr) continue;
    std::string sentence = lack_of_runner(study, study.fields(i));
    if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end()) {
      sentences.push_back(std::move(sentence));
    }
  }
  return sentences;
}

}  // namespace host
