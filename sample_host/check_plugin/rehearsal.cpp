#include "check_plugin/rehearsal.hpp"

#include "base/format.hpp"

#include <study/study_directory.hpp>
#include <study/study_plan.hpp>
#include <study/text.hpp>

#include <array>
#include <memory>

namespace host {
namespace {

using namespace std::string_view_literals;
using study::ExperimentState;
using study::ManifestEntry;

constexpr std::array kCharacters = {
    "a"sv,  "Z"sv,  "7"sv,    " "sv,  "\""sv,   "'"sv,      "\\"sv,     "/"sv,      "%"sv,
    "\n"sv, "\t"sv, "\x01"sv, "\0"sv, "\x7f"sv, "\u00e9"sv, "\u6f22"sv, "\u2028"sv, "\U0001F600"sv};

constexpr std::array kModels = {"gpt2"sv,
                                "meta-llama/Llama-3.2-1B"sv,
                                "it's \"quoted\" \\ and; -- commented"sv,
                                "\u6f22\u5b57 \U0001F600"sv,
                                "tab\there, bell\x07there"sv,
                                "%s %n {} $(id) `id`"sv};

constexpr int kCycles = 2;

std::string unique_name() {
  std::random_device device;
  return study::format("check-{:08x}{:08x}", device(), device());
}

/// What may follow a state, but for the rare ones often enough.
ExperimentState random_next(std::mt19937_64& random, ExperimentState state) {
  const auto choice = random() % 8;
  switch (state) {
    case ExperimentState::pending:
      return choice == 0 ? ExperimentState::failed : ExperimentState::running;
    case ExperimentState::running:
      return choice == 0   ? ExperimentState::completed
             : choice == 1 ? ExperimentState::pending
                           : ExperimentState::failed;
    default:
      return ExperimentState::running;
  }
}

/// Of random length, with quotes, control characters, U+0000 and characters of one to four bytes.
std::string random_text(std::mt19937_64& random, std::size_t max_characters) {
  std::string text;
  for (std::size_t n = random() % (max_characters + 1); n > 0; --n) {
    text += kCharacters[random() % kCharacters.size()];
  }
  return text;
}

/// Six configurations, each run twice. Their texts have what JSON, SQL and shells stumble over. The
/// name is new with every call, so that studies of a shared store don't meet.
study::StudyConfig sample_config() {
  study::StudyConfig config;
  config.study_name = unique_name();
  config.framework_version = "1.2.3-\u03b2 \"rc\"";
  config.n_cycles = kCycles;
  const auto shared = std::make_shared<const boost::json::object>(
      boost::json::object{{"model", nullptr}, {"backend", "pytorch"}, {"precision", "bf16"}});
  int batch_size = 1;
  for (const std::string_view model : kModels) {
    study::Experiment experiment;
    experiment.config["model"] = model;
    experiment.shared = shared;
    experiment.config["pytorch"] = {{"batch_size", batch_size *= 2}, {"rate", 0.1}};
    config.experiments.push_back(std::move(experiment));
  }
  return config;
}

}  // namespace

StudyOnDisk make_study(const CaseContext& context) {
  study::StudyConfig config = sample_config();
  auto study_dir = study::create_study_directory(context.results_dir, config.study_name, moment(0));
  return {std::move(config), std::move(study_dir)};
}

study::StudyManifest state_to_resume(study::StudyManifest manifest) {
  manifest.head.status = study::StudyStatus::running;
  manifest.head.completed_at.reset();
  bool again = false;
  for (ManifestEntry& entry : manifest.experiments) {
    if (entry.status == ExperimentState::completed) continue;
    if (entry.status == ExperimentState::failed) again = !again;
    if (entry.status == ExperimentState::failed && !again) continue;
    entry = pending(entry);
  }
  return manifest;
}

Rehearsal::Rehearsal(const CaseContext& context, StudyOnDisk study, CallStyle style)
    : context_(context),
      study_(std::move(study)),
      random_(context.seed),
      expected_(sample_manifest(study_.config, moment(0))),
      planner_(study_.config) {
  observer_.emplace(context_, std::move(style));
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
  observer_->start(study_.config, study_.study_dir, time, resume_from).expect_ok();
}

Answer Rehearsal::offer(const SampleEvent& event) {
  Answer answer = observer_->experiment(event.view());
  expected_.apply(event.view());
  return answer;
}

void Rehearsal::play(const SampleEvent& event) {
  offer(event).expect_ok("entering " + std::string(to_string(event.state)));
}

void Rehearsal::add(const study::Experiment& experiment) {
  const auto time = next_moment();
  observer_->add(study::to_json(std::span(&experiment, 1), {}), time).expect_ok();
  const std::size_t before = planner_.plan().configurations.size();
  planner_.add(experiment, before);
  const study::StudyPlan& plan = planner_.plan();
  if (plan.configurations.size() == before) return;
  const study::PlannedConfiguration& added = plan.configurations.back();
  expected_.add(added, plan.study_design_hash);
}

void Rehearsal::play_random(int n) {
  for (int i = 0; i < n && expected_.open_entries() > 0; ++i) {
    play(random_event(random_, expected(), next_moment()));
  }
}

void Rehearsal::stop(study::StudyOutcome outcome) {
  const study::StudyManifest before = expected();
  for (const ManifestEntry& entry : before.experiments) {
    if (entry.status != ExperimentState::running) continue;
    play(entry, ExperimentState::pending);
  }
  end(outcome);
}

void Rehearsal::end(study::StudyOutcome outcome) {
  const study::Timestamp time = next_moment();
  observer_->end(outcome, time).expect_ok();
  expected_.end({outcome, time});
}

bool Rehearsal::compare(std::string_view when) {
  PluginObserver reader(context_);
  reader.create();
  const auto found = reader.read({study_.study_dir, {}, context_.results_dir});
  reader.destroy();
  if (!found && is_kept_) {
    throw CaseFailed(study::format("{} read_checkpoint has none any more", when));
  }
  if (!found) {
    if (missed_.empty()) missed_ = when;
    return false;
  }
  is_kept_ = true;
  if (!missed_.empty()) {
    throw CaseFailed(
        study::format("{} read_checkpoint has none, but it has one {}", missed_, when));
  }
  const std::string difference = first_difference(*found, expected());
  if (difference.empty()) return true;
  throw CaseFailed(study::format("{} its checkpoint is wrong: {}", when, difference));
}

void Rehearsal::check(std::string_view when) {
  if (compare(when)) return;
  play_random(5);
  compare("after more transitions");
  stop(study::StudyOutcome::interrupted);
  compare("after the end");
  observer_->destroy();
  compare("after destroy");
  throw CaseSkipped("it keeps no checkpoint");
}

void Rehearsal::check_if_kept(std::string_view when) {
  if (context_.plugin.table().read_checkpoint != nullptr) compare(when);
}

study::Timestamp moment(std::int64_t microseconds) {
  return study::Timestamp(std::chrono::microseconds(1'772'209'800'000'000 + microseconds));
}

study::StudyManifest sample_manifest(const study::StudyConfig& config,
                                     study::Timestamp started_at) {
  return study::initial_manifest(config, study::make_plan(config), started_at);
}

SampleEvent sample_event(const study::ManifestEntry& entry, ExperimentState state,
                         study::Timestamp time) {
  SampleEvent event{entry.config_hash, entry.cycle, state, time};
  if (state == ExperimentState::completed) {
    event.result_file = study::format("result_{}_c{}.json", entry.config_hash, entry.cycle);
  } else if (state == ExperimentState::failed) {
    event.error_type = "OutOfMemoryError";
    event.error_message = "no room for \"" + entry.config_hash + "\"";
  }
  return event;
}

SampleEvent random_event(std::mt19937_64& random, const study::StudyManifest& manifest,
                         study::Timestamp time) {
  std::vector<const study::ManifestEntry*> open;
  for (const study::ManifestEntry& entry : manifest.experiments) {
    if (entry.status != ExperimentState::completed) open.push_back(&entry);
  }
  const study::ManifestEntry& entry = *open.at(random() % open.size());
  SampleEvent event = sample_event(entry, random_next(random, entry.status), time);
  if (event.state == ExperimentState::failed) {
    const std::size_t longest = random() % 4 == 0 ? 600 : 30;
    event.error_message = study::failure_message(random_text(random, longest));
  }
  return event;
}

}  // namespace host
