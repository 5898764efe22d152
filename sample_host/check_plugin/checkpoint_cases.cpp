// What a plugin that keeps a checkpoint reads back.
#include "check_plugin/manifest_difference.hpp"
#include "check_plugin/rehearsal.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace plugin_check {
namespace {

namespace fs = std::filesystem;
using study::StudyOutcome;

constexpr int kTransitions = 60;

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string find_nothing_before_a_study(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  const Stage stage = make_stage(context);
  const auto before = files_below(context.results_dir);
  PluginObserver reader(context, plugin);
  reader.create();
  if (reader.read({stage.study_dir, {}, context.results_dir})) {
    throw CaseFailed("it has one for an empty study directory");
  }
  if (reader.read({{}, stage.config.study_name, context.results_dir})) {
    throw CaseFailed("it has one for the name of a study that never was");
  }
  if (reader.read({context.results_dir / "no-such-study", {}, context.results_dir})) {
    throw CaseFailed("it has one for a study directory that isn't there");
  }
  reader.destroy();
  if (files_below(context.results_dir) != before) {
    throw CaseFailed("read_checkpoint creates files");
  }
  return {};
}

std::string follow_every_transition(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  rehearsal.check("after the start");
  for (int i = 1; i <= kTransitions; ++i) {
    rehearsal.play_random(1);
    rehearsal.check("after " + std::to_string(i) + " transitions (--seed " +
                    std::to_string(context.seed) + ")");
  }
  return {};
}

std::string keep_every_end(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  for (const StudyOutcome outcome :
       {StudyOutcome::completed, StudyOutcome::interrupted, StudyOutcome::failed}) {
    Rehearsal rehearsal(context, plugin, make_stage(context));
    rehearsal.start();
    rehearsal.play_random(20);
    rehearsal.check("before the end");
    rehearsal.stop_running();
    rehearsal.end(outcome);
    rehearsal.check("after the end");
    rehearsal.observer().destroy();
    rehearsal.check("after destroy");
  }
  return {};
}

std::string find_it_by_name(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  rehearsal.play_random(10);
  rehearsal.check("before it is asked for by name");
  PluginObserver reader(context, plugin);
  reader.create();
  const auto found = reader.read({{}, rehearsal.stage().config.study_name, context.results_dir});
  if (!found) throw CaseSkipped("it finds studies by their directory alone");
  const std::string difference = first_difference(*found, rehearsal.expected());
  if (!difference.empty()) throw CaseFailed("what it finds is wrong: " + difference);
  return {};
}

std::string survive_the_death_of_the_observer(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  rehearsal.play_random(25);
  rehearsal.check("before destroy");
  rehearsal.observer().destroy();
  rehearsal.check("after destroy without an end");
  return {};
}

}  // namespace

void add_checkpoint_cases(std::vector<Case>& cases) {
  constexpr std::string_view kGroup = "checkpoint";
  cases.push_back({kGroup, "there is none before a study, and asking leaves no trace",
                   &find_nothing_before_a_study});
  cases.push_back({kGroup, "another observer reads each transition as soon as it is stored",
                   &follow_every_transition});
  cases.push_back({kGroup, "it tells how the study ended", &keep_every_end});
  cases.push_back({kGroup, "it is found by the study's name", &find_it_by_name});
  cases.push_back(
      {kGroup, "it is there when the study never ended", &survive_the_death_of_the_observer});
}

}  // namespace plugin_check
