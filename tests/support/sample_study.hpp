/// Studies and events for tests.
#pragma once

#include <study/manifest.hpp>
#include <study/observer.hpp>
#include <study/study_config.hpp>
#include <study/study_plan.hpp>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace study_test {

/// The moment `seconds` after 2026-02-27T16:30:00Z.
[[nodiscard]] inline study::Timestamp at(double seconds) {
  using std::chrono::microseconds;
  return study::Timestamp(microseconds(1'772'209'800'000'000)) +
         microseconds(static_cast<std::int64_t>(seconds * 1e6));
}

/// `configurations` configurations that differ in `batch_size`.
[[nodiscard]] inline study::StudyConfig sample_study(int configurations, int n_cycles = 1) {
  study::StudyConfig config;
  config.study_name = "sample";
  config.framework_version = "0.8.0";
  config.n_cycles = n_cycles;
  for (int i = 0; i < configurations; ++i) {
    config.experiments.push_back({.config = {{"model", "gpt2"},
                                             {"backend", "pytorch"},
                                             {"precision", "bf16"},
                                             {"batch_size", i}},
                                  .config_hash = {}});
  }
  return config;
}

[[nodiscard]] inline study::StudyManifest sample_manifest(int configurations, int n_cycles = 1) {
  const study::StudyConfig config = sample_study(configurations, n_cycles);
  return study::initial_manifest(config, study::make_plan(config), at(0));
}

/// An event with texts of its own, so that it may outlive what it was made from.
struct OwnedEvent {
  std::string config_hash;
  std::int32_t cycle = 1;
  study::ExperimentState state = study::ExperimentState::pending;
  study::Timestamp time;
  std::string result_file;
  std::string error_type;
  std::string error_message;
  std::string attributes;

  [[nodiscard]] study::ExperimentEvent view() const {
    return {config_hash, cycle, state, time, result_file, error_type, error_message, attributes};
  }
};

/// Text of random length and of all of Unicode, with what JSON has to escape.
[[nodiscard]] inline std::string random_text(std::mt19937& random, std::size_t max_characters) {
  static const std::vector<std::string> kCharacters = {"a", "Z",  "7",  " ",    "\"",    "\\",
                                                       "/", "\n", "\t", "\x01", "\x1f",  "\x7f",
                                                       "é", "漢", "“",  "😀",    "\u2028"};
  std::string text;
  for (std::size_t n = random() % (max_characters + 1); n > 0; --n) {
    text += kCharacters[random() % kCharacters.size()];
  }
  return text;
}

/// A legal event for an entry, or one that follows `entry`'s state, at random.
[[nodiscard]] inline OwnedEvent random_legal_event(std::mt19937& random,
                                                   const study::ManifestEntryView& entry,
                                                   study::Timestamp time,
                                                   std::size_t max_message = 60) {
  using study::ExperimentState;
  OwnedEvent event{
      .config_hash = std::string(entry.config_hash), .cycle = entry.cycle, .time = time};
  switch (entry.status) {
    case ExperimentState::pending:
      event.state = random() % 8 == 0 ? ExperimentState::failed : ExperimentState::running;
      break;
    case ExperimentState::running: {
      const auto choice = random() % 8;
      event.state = choice == 0   ? ExperimentState::pending
                    : choice == 1 ? ExperimentState::completed
                                  : ExperimentState::failed;
      break;
    }
    default:
      event.state = ExperimentState::running;
  }
  if (event.state == ExperimentState::completed)
    event.result_file = "r_" + event.config_hash + ".json";
  if (event.state == ExperimentState::failed) {
    event.error_type = "RuntimeError";
    event.error_message = random_text(random, random() % 4 == 0 ? max_message : 20);
  }
  return event;
}

}  // namespace study_test
