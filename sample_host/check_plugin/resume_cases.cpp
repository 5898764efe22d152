// Studies that go on from the state which the host has accepted, whoever stored it.
#include "check_plugin/rehearsal.hpp"

#include <string>

namespace plugin_check {
namespace {

using study::ExperimentState;
using study::StudyOutcome;

/// Plays a study up to some point and returns what a host would resume it with.
study::StudyManifest begin(Rehearsal& rehearsal, StudyOutcome outcome) {
  rehearsal.start();
  rehearsal.play_random(30);
  rehearsal.check("before it is resumed");
  rehearsal.stop_running();
  rehearsal.end(outcome);
  rehearsal.observer().destroy();
  return settled(rehearsal.expected());
}

void go_on(const CaseContext& context, const PluginFile& plugin, const Stage& stage,
           const study::StudyManifest& resume_from) {
  Rehearsal resumed(context, plugin, stage);
  resumed.start(&resume_from);
  resumed.check("after the start of the resumed study");
  for (int i = 0; i < 15; ++i) {
    resumed.play_random(1);
    resumed.check("in the resumed study");
  }
  resumed.stop_running();
  resumed.end(StudyOutcome::completed);
  resumed.check("after the end of the resumed study");
}

std::string resume_its_own(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  const Stage stage = make_stage(context);
  Rehearsal first(context, plugin, stage);
  const study::StudyManifest resume_from = begin(first, StudyOutcome::interrupted);
  go_on(context, plugin, stage, resume_from);
  return {};
}

std::string resume_after_death(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  const Stage stage = make_stage(context);
  Rehearsal first(context, plugin, stage);
  first.start();
  first.play_random(30);
  first.check("before it is resumed");
  first.observer().destroy();
  const study::StudyManifest resume_from = settled(first.expected());
  go_on(context, plugin, stage, resume_from);
  return {};
}

/// The study began with another plugin: nothing of it is stored here.
std::string resume_from_elsewhere(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  const Stage stage = make_stage(context);
  ReferenceTable elsewhere(sample_manifest(stage.config, moment(0)));
  std::mt19937_64 random(context.seed);
  for (int i = 1; i <= 30; ++i) {
    elsewhere.apply(random_event(random, elsewhere.manifest(), moment(i)).view());
  }
  go_on(context, plugin, stage, settled(elsewhere.manifest()));
  return {};
}

/// What is stored has gone further than the host accepts, such as with a result that is lost.
std::string take_the_hosts_word(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  const Stage stage = make_stage(context);
  Rehearsal first(context, plugin, stage);
  study::StudyManifest resume_from = begin(first, StudyOutcome::completed);
  for (study::ManifestEntry& entry : resume_from.experiments) {
    entry = study::ManifestEntry{entry.config_hash, entry.config_summary, entry.cycle};
  }
  study::ManifestEntry& done = resume_from.experiments.back();
  done.status = ExperimentState::completed;
  done.result_file = "from elsewhere.json";
  done.started_at = moment(7);
  done.completed_at = moment(11);
  go_on(context, plugin, stage, resume_from);
  return {};
}

}  // namespace

void add_resume_cases(std::vector<Case>& cases) {
  constexpr std::string_view kGroup = "resume";
  cases.push_back({kGroup, "an interrupted study goes on", &resume_its_own});
  cases.push_back({kGroup, "a study whose observer died goes on", &resume_after_death});
  cases.push_back({kGroup, "a study that another plugin observed goes on", &resume_from_elsewhere});
  cases.push_back({kGroup, "the host's state wins over the stored one", &take_the_hosts_word});
}

}  // namespace plugin_check
