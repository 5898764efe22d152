/// What a checkpoint has to say, found out in the most naive way: the yardstick for all plugins.
#pragma once

#include <study/manifest.hpp>
#include <study/observer.hpp>

#include <cstddef>
#include <string>

namespace host {

/// The manifest of a study after some events. Shares nothing with the plugins' own table but the
/// vocabulary of host_api, and never tries to be fast: an event is searched for from the first
/// entry on.
///
/// Legal are pending -> running, pending -> failed, pending -> completed, running -> completed,
/// running -> failed, running -> pending and failed -> running. Everything else changes nothing.
class ReferenceTable {
 public:
  /// From a new study's `study::initial_manifest`, or from the manifest that a study is resumed
  /// from: what runs there is pending here, and the study itself is running.
  explicit ReferenceTable(study::StudyManifest manifest);

  /// Whether the event was legal, and so has changed the manifest.
  bool apply(const study::ExperimentEvent& event);

  /// One more configuration, pending in each of its cycles, behind all others.
  void add(const study::PlannedConfiguration& configuration, std::string study_design_hash);

  void end(const study::StudyEnd& event);

  /// How many entries may still do something: all but the completed.
  [[nodiscard]] std::size_t open_entries() const;

  [[nodiscard]] const study::StudyManifest& manifest() const { return manifest_; }

 private:
  study::StudyManifest manifest_;
};

/// The entry before anything has happened to it: it tells nothing but which experiment it is.
[[nodiscard]] study::ManifestEntry pending(const study::ManifestEntry& entry);

/// The first difference, as a clause: `entry 3 (0123456789abcdef cycle 1) has the status running in
/// the place of failed`. Empty for equal ones. Texts are shortened, and control characters in them
/// shown.
[[nodiscard]] std::string first_difference(const study::StudyManifest& found,
                                           const study::StudyManifest& expected);

}  // namespace host
