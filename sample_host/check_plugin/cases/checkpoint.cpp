// What a plugin that keeps a checkpoint reads back, and how a study goes on from it.
#include "base/format.hpp"
#include "check_plugin/rehearsal.hpp"

#include <algorithm>

namespace host {
namespace {

namespace fs = std::filesystem;
using study::ExperimentState;
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

void find_nothing_before_a_study(const CaseContext& context) {
  const StudyOnDisk study = make_study(context);
  const auto before = files_below(context.results_dir);
  PluginObserver reader(context);
  reader.create();
  if (reader.read({study.study_dir, {}, context.results_dir})) {
    throw CaseFailed("it has one for an empty study directory");
  }
  if (reader.read({{}, study.config.study_name, context.results_dir})) {
    throw CaseFailed("it has one for the name of a study that never was");
  }
  if (reader.read({context.results_dir / "no-such-study", {}, context.results_dir})) {
    throw CaseFailed("it has one for a study directory that isn't there");
  }
  reader.destroy();
  if (files_below(context.results_dir) != before) {
    throw CaseFailed("read_checkpoint creates files");
  }
}

void follow_every_transition(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  rehearsal.check("after the start");
  for (int i = 1; i <= kTransitions; ++i) {
    rehearsal.play_random(1);
    rehearsal.check(study::format("after {} transitions (--seed {})", i, context.seed));
  }
}

void keep_every_end(const CaseContext& context) {
  for (const StudyOutcome outcome :
       {StudyOutcome::completed, StudyOutcome::interrupted, StudyOutcome::failed}) {
    StartedRehearsal rehearsal(context);
    rehearsal.play_random(20);
    rehearsal.check("before the end");
    rehearsal.stop(outcome);
    rehearsal.check("after the end");
    rehearsal.observer().destroy();
    rehearsal.check("after destroy");
  }
}

void find_it_by_name(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  rehearsal.play_random(10);
  rehearsal.check("before it is asked for by name");
  PluginObserver reader(context);
  reader.create();
  const auto found = reader.read({{}, rehearsal.study().config.study_name, context.results_dir});
  if (!found) throw CaseSkipped("it finds studies by their directory alone");
  const std::string difference = first_difference(*found, rehearsal.expected());
  if (!difference.empty()) throw CaseFailed("what it finds is wrong: " + difference);
}

void survive_the_death_of_the_observer(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  rehearsal.play_random(25);
  rehearsal.check("before destroy");
  rehearsal.observer().destroy();
  rehearsal.check("after destroy without an end");
}

/// Plays a study up to some point, where the observer dies if there is no outcome, and returns what
/// a host would resume it with.
study::StudyManifest begin(Rehearsal& rehearsal, std::optional<StudyOutcome> outcome) {
  rehearsal.start();
  rehearsal.play_random(30);
  rehearsal.check("before it is resumed");
  if (outcome) {
    rehearsal.stop(*outcome);
  }
  rehearsal.observer().destroy();
  return state_to_resume(rehearsal.expected());
}

void go_on(const CaseContext& context, const StudyOnDisk& study,
           const study::StudyManifest& resume_from) {
  Rehearsal resumed(context, study);
  resumed.start(&resume_from);
  resumed.check("after the start of the resumed study");
  for (int i = 0; i < 15; ++i) {
    resumed.play_random(1);
    resumed.check("in the resumed study");
  }
  resumed.stop(StudyOutcome::completed);
  resumed.check("after the end of the resumed study");
}

void resume_its_own(const CaseContext& context) {
  const StudyOnDisk study = make_study(context);
  Rehearsal first(context, study);
  go_on(context, study, begin(first, StudyOutcome::interrupted));
}

void resume_after_death(const CaseContext& context) {
  const StudyOnDisk study = make_study(context);
  Rehearsal first(context, study);
  go_on(context, study, begin(first, std::nullopt));
}

/// The study began with another plugin: nothing of it is stored here.
void resume_from_elsewhere(const CaseContext& context) {
  const StudyOnDisk study = make_study(context);
  ReferenceTable elsewhere(sample_manifest(study.config, moment(0)));
  std::mt19937_64 random(context.seed);
  for (int i = 1; i <= 30; ++i) {
    elsewhere.apply(random_event(random, elsewhere.manifest(), moment(i)).view());
  }
  go_on(context, study, state_to_resume(elsewhere.manifest()));
}

/// What is stored has gone further than the host accepts, such as with a result that is lost.
void take_the_hosts_word(const CaseContext& context) {
  const StudyOnDisk study = make_study(context);
  Rehearsal first(context, study);
  study::StudyManifest resume_from = begin(first, StudyOutcome::completed);
  for (study::ManifestEntry& entry : resume_from.experiments) entry = pending(entry);
  study::ManifestEntry& done = resume_from.experiments.back();
  done.status = ExperimentState::completed;
  done.result_file = "from elsewhere.json";
  done.started_at = moment(7);
  done.completed_at = moment(11);
  go_on(context, study, resume_from);
}

}  // namespace

std::vector<Case> checkpoint_cases() {
  constexpr std::string_view kGroup = "checkpoint";
  return {{kGroup, "there is none before a study, and asking leaves no trace",
           &find_nothing_before_a_study},
          {kGroup, "another observer reads each transition as soon as it is stored",
           &follow_every_transition},
          {kGroup, "it tells how the study ended", &keep_every_end},
          {kGroup, "it is found by the study's name", &find_it_by_name},
          {kGroup, "it is there when the study never ended", &survive_the_death_of_the_observer}};
}

std::vector<Case> resume_cases() {
  constexpr std::string_view kGroup = "resume";
  return {{kGroup, "an interrupted study goes on", &resume_its_own},
          {kGroup, "a study whose observer died goes on", &resume_after_death},
          {kGroup, "a study that another plugin observed goes on", &resume_from_elsewhere},
          {kGroup, "the host's state wins over the stored one", &take_the_hosts_word}};
}

}  // namespace host
