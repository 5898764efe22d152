#include "plan/prepared_study.hpp"

#include "base/format.hpp"
#include "input/placeholders.hpp"
#include "plan/program_search.hpp"

#include <study/error.hpp>
#include <study/study_directory.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <string_view>
#include <utility>

#include <boost/json/monotonic_resource.hpp>

namespace host {

study::StudyConfig make_config(const StudyFile& file) {
  study::StudyConfig config;
  config.study_name = file.name;
  config.framework_version = STUDY_HOST_VERSION;
  config.n_cycles = file.execution.n_cycles;
  config.experiments = file.configs.experiments();
  return config;
}

namespace {

void assign_runners(PreparedStudy& study) {
  for (std::size_t i = 0; i < study.plan().configurations.size(); ++i) {
    const study::AllFields fields(study.experiment(i));
    const RunnerSpec* runner = find_runner(study.runners, *fields, study.file.backend_field);
    if (runner != nullptr) check_placeholders(*runner, *fields);
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
  const std::size_t n_unique = study.plan().configurations.size();
  if (n_given == n_unique) return;
  study.file.warnings.push_back(study::format(
      "{}: {} of the {} configurations are equal to an earlier one and not run again; 'n_cycles' "
      "under 'execution' is how often each is run",
      study.file.path.string(), n_given - n_unique, n_given));
}

/// Placeholders of the host's own that only a run has are no part of a program's name.
std::string program_of(const PreparedStudy& study, std::size_t configuration) {
  const RunnerSpec& runner = *study.runner_of[configuration];
  const std::string& program = started_here(runner).front();
  if (program.find('{') == std::string::npos) return program;
  PlaceholderValues values;
  values.study_file_dir = study.file.path.parent_path();
  values.config_hash = study.plan().configurations[configuration].config_hash;
  const study::AllFields fields(study.experiment(configuration));
  return (runner.launcher.empty() ? expand_command(runner, *fields, values)
                                  : expand_launcher(runner, *fields, values))
      .front();
}

/// The program may be another one in each run, which nobody can look for before.
bool depends_on_run(const RunnerSpec& runner) {
  const std::vector<TextPiece> pieces = split_placeholders(started_here(runner).front());
  constexpr std::array<std::string_view, 6> kOfRun = {
      "config_file", "result_file", "timeseries_file", "cycle", "slot", "attempt"};
  return std::any_of(pieces.begin(), pieces.end(), [&](const TextPiece& piece) {
    return piece.is_placeholder &&
           std::find(kOfRun.begin(), kOfRun.end(), piece.text) != kOfRun.end();
  });
}

std::optional<std::string_view> search_path(const RunnerSpec& runner) {
  for (const auto& [name, value] : runner.environment) {
    if (name == "PATH") return value;
  }
  const char* const path = std::getenv("PATH");
  return path == nullptr ? std::nullopt : std::optional<std::string_view>(path);
}

std::string lack_of_program(const PreparedStudy& study, const RunnerSpec& runner,
                            const std::string& program) {
  const auto path = search_path(runner);
  if (depends_on_run(runner) || (path && path->find('{') != std::string_view::npos)) return {};
  const std::string problem = missing_program(program, path, directory_of(runner, study));
  if (problem.empty()) return {};
  return "cannot start `" + program + "` (runner in " + runner.where + "): " + problem;
}

}  // namespace

void PreparedStudy::make_plan() {
  planner.emplace(config);
  plan_ = &std::as_const(*planner).plan();
  experiments_ = config.experiments.data();
}

study::StudyPlan plan_text(std::string text, const std::filesystem::path& path) {
  return study::make_plan(make_config(parse_study(std::move(text), path)));
}

PreparedStudy prepare_study(const StudyOptions& options) {
  PreparedStudy study;
  study.host = load_host_config(options.config, options.study);
  study.file = options.copies ? load_copies(options) : load_study_file(options.study);
  study::check_study_name(study.file.name);
  study.config = make_config(study.file);
  study.file.configs = {};  // they are the experiments from now on
  if (study.config.experiments.empty()) {
    refuse_input(study.file.path.string() + ": the study has no experiments");
  }
  study.make_plan();
  warn_of_duplicates(study);
  if (!study.host.names_results_dir && study.file.results_dir) {
    study.host.results_dir = std::filesystem::absolute(*study.file.results_dir).lexically_normal();
  }
  study.runners = resolve_runners(study.file, study.host.runners);
  assign_runners(study);
  study.schedule = make_schedule(study.plan(), study.file.execution);
  study.jobs = options.jobs.value_or(study.host.jobs);
  return study;
}

std::filesystem::path directory_of(const RunnerSpec& runner, const PreparedStudy& study) {
  if (runner.directory.empty()) return study.working_directory;
  return study.file.path.parent_path() / runner.directory;
}

std::vector<std::string> missing_runners(const PreparedStudy& study) {
  std::vector<std::string> sentences;
  const auto add = [&sentences](std::string sentence) {
    if (sentence.empty()) return;
    if (std::find(sentences.begin(), sentences.end(), sentence) != sentences.end()) return;
    sentences.push_back(std::move(sentence));
  };
  std::set<std::pair<const RunnerSpec*, std::string>> known;  // a study may have many experiments
  for (std::size_t i = 0; i < study.runner_of.size(); ++i) {
    const RunnerSpec* const runner = study.runner_of[i];
    if (runner == nullptr) {
      add(lack_of_runner(study, *study::AllFields(study.experiment(i))));
      continue;
    }
    std::string program = program_of(study, i);
    if (known.emplace(runner, program).second) add(lack_of_program(study, *runner, program));
  }
  return sentences;
}

}  // namespace host
