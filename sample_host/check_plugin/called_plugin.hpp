/// A plugin and its observers, called as abi.h says, with every answer checked.
#pragma once

#include "check_plugin/plugin_file.hpp"
#include "check_plugin/recording_host.hpp"

#include <study/observer.hpp>
#include <study/study_config.hpp>

#include <optional>
#include <vector>

namespace host {

/// How calls are made.
struct CallStyle {
  Lending lending = Lending::scrambled_later;
  std::string tail = {};                       ///< behind every struct, as of a later version
  std::size_t message_capacity = 4096;         ///< of the buffer for messages
  bool other_threads = false;                  ///< each call comes from a thread of its own
  std::uint32_t host_minor = STUDY_ABI_MINOR;  ///< that the host knows; not refused
};

/// What a call came to.
struct Answer {
  std::string function;
  std::int32_t status = STUDY_OK;
  std::string message;
  std::chrono::nanoseconds duration{0};

  [[nodiscard]] bool ok() const { return status == STUDY_OK; }
  /// `on_study_start failed with STUDY_FAILED: no room`.
  [[nodiscard]] std::string text() const;
  /// Throws `CaseFailed` unless it is a success.
  void expect_ok(std::string_view what = {}) const;
};

/// Every function throws `CaseFailed` for an answer that abi.h doesn't allow: an unknown status, a
/// failure without a message, a message that is not UTF-8 or larger than its buffer, an exception.
/// What the plugin answers beyond that is for the caller to judge.
class PluginObserver {
 public:
  /// Made by the first call of `create`.
  explicit PluginObserver(const CaseContext& context, CallStyle style = {});
  PluginObserver(const PluginObserver&) = delete;
  PluginObserver& operator=(const PluginObserver&) = delete;
  ~PluginObserver();

  [[nodiscard]] Answer create(std::string_view options);
  /// With the options that the person gave. Throws `CaseFailed` if that fails.
  void create();

  [[nodiscard]] Answer start(const study::StudyConfig& config,
                             const std::filesystem::path& study_dir, study::Timestamp time,
                             const study::StudyManifest* resume_from = nullptr);
  [[nodiscard]] Answer experiment(const study::ExperimentEvent& event);
  [[nodiscard]] Answer end(study::StudyOutcome outcome, study::Timestamp time);
  void destroy();

  // The same with what can't be said in C++. The texts are copied before they are lent.
  [[nodiscard]] Answer start(const study_start_event& event);
  [[nodiscard]] Answer experiment(const study_experiment_event& event);
  [[nodiscard]] Answer end(const study_end_event& event);

  /// The checkpoint as the plugin hands it over, parsed; empty for none. Throws `CaseFailed` for
  /// anything but one whole manifest with STUDY_OK, or nothing with STUDY_NO_CHECKPOINT. Throws
  /// `CaseSkipped` for a plugin without `read_checkpoint`.
  [[nodiscard]] std::optional<study::StudyManifest> read(const study::CheckpointQuery& query);

  /// All attempts as the plugin hands them over, parsed; empty for none. Throws `CaseFailed` as
  /// above, `CaseSkipped` for a plugin without `read_attempts`.
  [[nodiscard]] std::optional<std::vector<study::StudyAttempt>> read_attempts(
      const study::CheckpointQuery& query);

  /// The same for all studies of its store, or those of that name; none for a store that doesn't
  /// exist yet.
  [[nodiscard]] std::vector<study::StoredStudy> list_studies(const study::StudiesQuery& query);

  /// JSON as in study_experiments_event. The table has the function.
  [[nodiscard]] Answer add(std::string_view experiments, study::Timestamp time);

  /// What the plugin calls its observer.
  [[nodiscard]] void* handle() const { return handle_; }
  [[nodiscard]] const RecordingHost& host() const { return host_; }

 private:
  [[nodiscard]] Answer call(const std::string& function,
                            const std::function<std::int32_t(study_error*)>& body);
  void run(const std::function<void()>& body) const;
  /// Calls a function of the table that hands over one text after the other; empty for
  /// STUDY_NO_CHECKPOINT.
  template <class Function>
  [[nodiscard]] std::optional<std::vector<std::string>> read_each(
      const std::string& name, Function function, const study::CheckpointQuery& query);

  const CaseContext& context_;
  const study_observer_plugin& table_;
  CallStyle style_;
  RecordingHost host_;
  LentBytes memory_;
  void* handle_ = nullptr;
};

}  // namespace host
