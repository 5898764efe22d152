#include "check_plugin/sample_study.hpp"

#include <study/study_plan.hpp>
#include <study/text.hpp>

#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

namespace plugin_check {
namespace {

using namespace std::string_view_literals;
using study::ExperimentState;

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
  char digits[17];
  std::snprintf(digits, sizeof digits, "%08x%08x", device(), device());
  return "check-" + std::string(digits);
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

}  // namespace

study::Timestamp moment(std::int64_t microseconds) {
  return study::Timestamp(std::chrono::microseconds(1'772'209'800'000'000 + microseconds));
}

study::StudyConfig sample_config() {
  study::StudyConfig config;
  config.study_name = unique_name();
  config.framework_version = "1.2.3-\u03b2 \"rc\"";
  config.n_cycles = kCycles;
  int batch_size = 1;
  for (const std::string_view model : kModels) {
    study::Experiment experiment;
    experiment.config["model"] = model;
    experiment.config["backend"] = "pytorch";
    experiment.config["precision"] = "bf16";
    experiment.config["pytorch"] = {{"batch_size", batch_size *= 2}, {"rate", 0.1}};
    config.experiments.push_back(std::move(experiment));
  }
  return config;
}

study::StudyManifest sample_manifest(const study::StudyConfig& config,
                                     study::Timestamp started_at) {
  return study::initial_manifest(config, study::make_plan(config), started_at);
}

SampleEvent sample_event(const study::ManifestEntry& entry, ExperimentState state,
                         study::Timestamp time) {
  SampleEvent event{entry.config_hash, entry.cycle, state, time};
  if (state == ExperimentState::completed) {
    event.result_file =
        "result_" + entry.config_hash + "_c" + std::to_string(entry.cycle) + ".json";
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

std::string random_text(std::mt19937_64& random, std::size_t max_characters) {
  std::string text;
  for (std::size_t n = random() % (max_characters + 1); n > 0; --n) {
    text += kCharacters[random() % kCharacters.size()];
  }
  return text;
}

}  // namespace plugin_check
