/// A study that is played to an observer, with what its checkpoint has to be at any moment.
#pragma once

#include "check_plugin/plugin_observer.hpp"
#include "check_plugin/reference_table.hpp"
#include "check_plugin/sample_study.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace plugin_check {

/// A study and its directory, which is empty.
struct Stage {
  study::StudyConfig config;
  std::filesystem::path study_dir;
};

/// A new study in a directory of its own under the case's results directory.
[[nodiscard]] Stage make_stage(const CaseContext& context);

/// What a host would resume the study with: what runs, and every other one that has failed, is
/// pending again.
[[nodiscard]] study::StudyManifest settled(study::StudyManifest manifest);

/// Unless said otherwise, whatever the observer refuses is a `CaseFailed`.
class Rehearsal {
 public:
  /// Creates the observer.
  Rehearsal(const CaseContext& context, const PluginFile& plugin, Stage stage,
            CallStyle style = {});

  /// The study, new or from `resume_from`.
  void start(const study::StudyManifest* resume_from = nullptr);

  /// An event; the expected checkpoint follows if it is legal.
  void play(const SampleEvent& event);
  /// The same, and the observer may refuse.
  Answer offer(const SampleEvent& event);
  /// `n` random legal events.
  void play_random(int n);

  /// Puts what runs back to pending, as a host does that is interrupted.
  void stop_running();
  void end(study::StudyOutcome outcome);

  /// Compares the checkpoint, as another observer of the plugin reads it, with what it has to be.
  /// Throws `CaseFailed` that begins with `when`. The first time the study has not ended: a plugin
  /// that has none then is led to the end, and must not have any later, either; then it keeps none,
  /// which is a `CaseSkipped`.
  void check(std::string_view when);
  /// The same, but that a plugin keeps no checkpoint is fine, as long as it never has one.
  void check_if_kept(std::string_view when);

  [[nodiscard]] PluginObserver& observer() { return *observer_; }
  [[nodiscard]] const Stage& stage() const { return stage_; }
  [[nodiscard]] const study::StudyManifest& expected() const { return expected_.manifest(); }
  [[nodiscard]] std::mt19937_64& random() { return random_; }
  /// Later than any moment so far.
  [[nodiscard]] study::Timestamp next_moment();

 private:
  [[nodiscard]] std::optional<study::StudyManifest> read_back() const;
  /// Whether there is a checkpoint, which is right. Throws `CaseFailed` for a wrong one, and for
  /// one that is there now and wasn't before, or the reverse.
  bool compare(std::string_view when);

  const CaseContext& context_;
  const PluginFile& plugin_;
  Stage stage_;
  std::mt19937_64 random_;
  ReferenceTable expected_;
  std::optional<PluginObserver> observer_;
  std::int64_t time_us_ = 0;
  bool is_kept_ = false;  ///< a checkpoint has been read
  std::string missed_;    ///< when first there was none
};

}  // namespace plugin_check
