/// The studies and events that a plugin is shown.
#pragma once

#include <study/manifest.hpp>
#include <study/observer.hpp>
#include <study/study_config.hpp>

#include <cstdint>
#include <random>
#include <string>

namespace plugin_check {

/// The moment `microseconds` after 2026-02-27T16:30:00Z: fixed, so that a seed tells all.
[[nodiscard]] study::Timestamp moment(std::int64_t microseconds);

/// Six configurations, each run twice. Their texts have what JSON, SQL and shells stumble over. The
/// name is new with every call, so that studies of a shared store don't meet.
[[nodiscard]] study::StudyConfig sample_config();

/// The manifest of that study before anything ran.
[[nodiscard]] study::StudyManifest sample_manifest(const study::StudyConfig& config,
                                                   study::Timestamp started_at);

/// An event with texts of its own.
struct SampleEvent {
  std::string config_hash;
  std::int32_t cycle = 1;
  study::ExperimentState state = study::ExperimentState::pending;
  study::Timestamp time;
  std::string result_file = {};
  std::string error_type = {};
  std::string error_message = {};

  [[nodiscard]] study::ExperimentEvent view() const {
    return {config_hash, cycle, state, time, result_file, error_type, error_message};
  }
};

/// The event by which `entry` enters `state`, with the texts that go with it.
[[nodiscard]] SampleEvent sample_event(const study::ManifestEntry& entry,
                                       study::ExperimentState state, study::Timestamp time);

/// A legal event for an entry at random that has not completed; there must be one. Its texts are
/// those that a host sends: as `study::failure_message` leaves them.
[[nodiscard]] SampleEvent random_event(std::mt19937_64& random,
                                       const study::StudyManifest& manifest, study::Timestamp time);

/// Of random length, with quotes, control characters, U+0000 and characters of one to four bytes.
[[nodiscard]] std::string random_text(std::mt19937_64& random, std::size_t max_characters);

}  // namespace plugin_check
