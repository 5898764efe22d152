#include "check_plugin/rehearsal.hpp"

#include "check_plugin/manifest_difference.hpp"

#include <study/study_directory.hpp>

#include <algorithm>
#include <utility>

namespace plugin_check {

using study::ExperimentState;
using study::ManifestEntry;

Stage make_stage(const CaseContext& context) {
  study::StudyConfig config = sample_config();
  auto study_dir = study::create_study_directory(context.results_dir, config.study_name, moment(0));
  return {std::move(config), std::move(study_dir)};
}

study::StudyManifest settled(study::StudyManifest manifest) {
  manifest.head.status = study::StudyStatus::running;
  manifest.head.completed_at.reset();
  bool again = false;
  for (ManifestEntry& entry : manifest.experiments) {
    if (entry.status == ExperimentState::completed) continue;
    if (entry.status == ExperimentState::failed) again = !again;
    if (entry.status == ExperimentState::failed && !again) continue;
    entry = ManifestEntry{entry.config_hash, entry.config_summary, entry.cycle};
  }
  return manifest;
}

Rehearsal::Rehearsal(const CaseContext& context, const PluginFile& plugin, Stage stage,
                     CallStyle style)
    : context_(context),
      plugin_(plugin),
      stage_(std::move(stage)),
      random_(context.seed),
      expected_(sample_manifest(stage_.config, moment(0))) {
  observer_.emplace(context_, plugin_, std::move(style));
  observer_->create();
}

study::Timestamp Rehearsal::next_moment() {
  time_us_ += 1 + static_cast<std::int64_t>(random_() % 3'000'000);
  return moment(time_us_);
}

void Rehearsal::start(const study::StudyManifest* resume_from) {
  study::Timestamp time = moment(0);
  if (resume_from != nullptr) {
    expected_ = ReferenceTable(*resume_from);
    time_us_ = 3'600'000'000;
    time = next_moment();
  }
  observer_->start(stage_.config, stage_.study_dir, time, resume_from).expect_ok();
}

Answer Rehearsal::offer(const SampleEvent& event) {
  Answer answer = observer_->experiment(event.view());
  expected_.apply(event.view());
  return answer;
}

void Rehearsal::play(const SampleEvent& event) {
  offer(event).expect_ok("entering " + std::string(to_string(event.state)));
}

void Rehearsal::play_random(int n) {
  for (int i = 0; i < n && expected_.open_entries() > 0; ++i) {
    play(random_event(random_, expected(), next_moment()));
  }
}

void Rehearsal::stop_running() {
  const study::StudyManifest before = expected();
  for (const ManifestEntry& entry : before.experiments) {
    if (entry.status != ExperimentState::running) continue;
    play(sample_event(entry, ExperimentState::pending, next_moment()));
  }
}

void Rehearsal::end(study::StudyOutcome outcome) {
  const study::Timestamp time = next_moment();
  observer_->end(outcome, time).expect_ok();
  expected_.end({outcome, time});
}

std::optional<study::StudyManifest> Rehearsal::read_back() const {
  PluginObserver reader(context_, plugin_);
  reader.create();
  auto found = reader.read({stage_.study_dir, {}, context_.results_dir});
  reader.destroy();
  return found;
}

bool Rehearsal::compare(std::string_view when) {
  const auto found = read_back();
  if (!found && is_kept_) {
    throw CaseFailed(std::string(when) + " read_checkpoint has none any more");
  }
  if (!found) {
    if (missed_.empty()) missed_ = when;
    return false;
  }
  is_kept_ = true;
  if (!missed_.empty()) {
    throw CaseFailed(missed_ + " read_checkpoint has none, but it has one " + std::string(when));
  }
  const std::string difference = first_difference(*found, expected());
  if (difference.empty()) return true;
  throw CaseFailed(std::string(when) + " its checkpoint is wrong: " + difference);
}

void Rehearsal::check(std::string_view when) {
  if (compare(when)) return;
  play_random(5);
  compare("after more transitions");
  stop_running();
  end(study::StudyOutcome::interrupted);
  compare("after the end");
  observer_->destroy();
  compare("after destroy");
  throw CaseSkipped("it keeps no checkpoint");
}

void Rehearsal::check_if_kept(std::string_view when) {
  if (plugin_.table().read_checkpoint != nullptr) compare(when);
}

}  // namespace plugin_check
