// Observers from create to destroy, as a host leads them.
#include "check_plugin/rehearsal.hpp"

#include <memory>
#include <string>
#include <vector>

namespace plugin_check {
namespace {

using study::ExperimentState;
using study::StudyOutcome;

std::string run_a_whole_study(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  const study::StudyManifest before = rehearsal.expected();
  for (const study::ManifestEntry& entry : before.experiments) {
    rehearsal.play(sample_event(entry, ExperimentState::running, rehearsal.next_moment()));
    rehearsal.play(sample_event(entry, ExperimentState::completed, rehearsal.next_moment()));
  }
  rehearsal.end(StudyOutcome::completed);
  rehearsal.observer().destroy();
  return {};
}

/// Whether it is the right one is for others to find out, which rely on this.
std::string give_a_manifest_or_none(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  if (plugin.table().read_checkpoint == nullptr) return {};
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  const study::ManifestEntry entry = rehearsal.expected().experiments.front();
  rehearsal.play(sample_event(entry, ExperimentState::running, rehearsal.next_moment()));
  PluginObserver reader(context, plugin);
  reader.create();
  const study::CheckpointQuery query{rehearsal.stage().study_dir, {}, context.results_dir};
  static_cast<void>(reader.read(query));
  rehearsal.end(StudyOutcome::completed);
  return {};
}

std::string run_an_interrupted_study(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  const study::StudyManifest before = rehearsal.expected();
  for (std::size_t i = 0; i < 3; ++i) {
    rehearsal.play(
        sample_event(before.experiments[i], ExperimentState::running, rehearsal.next_moment()));
  }
  rehearsal.stop_running();
  rehearsal.end(StudyOutcome::interrupted);
  rehearsal.observer().destroy();
  return {};
}

std::string run_a_study_with_failures(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  const study::StudyManifest before = rehearsal.expected();
  for (const ExperimentState state :
       {ExperimentState::failed, ExperimentState::running, ExperimentState::failed,
        ExperimentState::running, ExperimentState::completed}) {
    rehearsal.play(sample_event(before.experiments.front(), state, rehearsal.next_moment()));
  }
  rehearsal.end(StudyOutcome::failed);
  rehearsal.observer().destroy();
  return {};
}

std::string resume_a_study(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Stage stage = make_stage(context);
  ReferenceTable table(sample_manifest(stage.config, moment(0)));
  const study::ManifestEntry first = table.manifest().experiments.front();
  table.apply(sample_event(first, ExperimentState::running, moment(1)).view());
  table.apply(sample_event(first, ExperimentState::completed, moment(2)).view());
  const study::StudyManifest resume_from = settled(table.manifest());
  Rehearsal rehearsal(context, plugin, std::move(stage));
  rehearsal.start(&resume_from);
  rehearsal.play_random(20);
  rehearsal.end(StudyOutcome::completed);
  return {};
}

std::string destroy_before_the_end(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal started(context, plugin, make_stage(context));
  started.start();
  started.observer().destroy();
  Rehearsal running(context, plugin, make_stage(context));
  running.start();
  running.play_random(10);
  running.observer().destroy();
  return {};
}

/// Their studies go on in turn; they end and are destroyed in another order than they began.
std::string keep_observers_apart(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  std::vector<std::unique_ptr<Rehearsal>> rehearsals;
  for (int i = 0; i < 3; ++i) {
    rehearsals.push_back(std::make_unique<Rehearsal>(context, plugin, make_stage(context)));
  }
  for (const auto& rehearsal : rehearsals) rehearsal->start();
  for (int i = 0; i < 8; ++i) {
    for (const auto& rehearsal : rehearsals) rehearsal->play_random(1 + i % 2);
  }
  for (const std::size_t i : {1U, 2U, 0U}) {
    rehearsals[i]->check_if_kept("with three studies at once");
    rehearsals[i]->end(StudyOutcome::completed);
    rehearsals[i]->observer().destroy();
  }
  for (const auto& rehearsal : rehearsals) {
    rehearsal->check_if_kept("after three studies at once");
  }
  return {};
}

}  // namespace

void add_lifecycle_cases(std::vector<Case>& cases) {
  constexpr std::string_view kGroup = "lifecycle";
  cases.push_back({kGroup, "it observes a whole study", &run_a_whole_study, true});
  cases.push_back({kGroup, "asked for its checkpoint, it gives one manifest or none",
                   &give_a_manifest_or_none, true});
  cases.push_back({kGroup, "it observes an interrupted study", &run_an_interrupted_study});
  cases.push_back({kGroup, "it observes a study with failures", &run_a_study_with_failures});
  cases.push_back({kGroup, "it observes a resumed study", &resume_a_study});
  cases.push_back({kGroup, "it can be destroyed before the end", &destroy_before_the_end});
  cases.push_back({kGroup, "several of its observers live side by side", &keep_observers_apart});
  cases.push_back({kGroup, "the host ends normally after it", &run_a_whole_study, false,
                   /*ends_normally=*/true});
}

}  // namespace plugin_check
