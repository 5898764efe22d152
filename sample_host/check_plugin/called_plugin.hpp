/// A plugin and its observers, called as abi.h says, with every answer checked.
#pragma once

#include "check_plugin/recording_host.hpp"

#include <study/observer.hpp>
#include <study/study_config.hpp>

#include <optional>
#include <vector>

namespace host {

/// A plugin's library, as a host without the C++ wrapper loads it.
class PluginFile {
 public:
  /// Loads the library, shakes hands through `study::ObserverLibrary`, and finds the table that the
  /// wrapper hides. It stays loaded. Throws `CaseFailed`.
  explicit PluginFile(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const study_observer_plugin& table() const { return *table_; }

  /// What the plugin says to a host of that version.
  [[nodiscard]] const study_observer_plugin* table_for(std::uint32_t major,
                                                       std::uint32_t minor) const {
    return entry_point_(major, minor);
  }

 private:
  std::filesystem::path path_;
  study_observer_entry_point entry_point_ = nullptr;
  const study_observer_plugin* table_ = nullptr;
};

/// The names that a shared library exports, sorted. Empty for a file that is no 64-bit ELF file of
/// this machine's byte order, or says nothing of its symbols.
[[nodiscard]] std::optional<std::vector<std::string>> exported_symbols(
    const std::filesystem::path& library);

/// How calls are made.
struct CallStyle {
  Lending lending = Lending::scrambled_later;
  std::string tail = {};                ///< behind every struct, as of a later version
  std::size_t message_capacity = 4096;  ///< of the buffer for messages
  bool other_threads = false;           ///< each call comes from a thread of its own
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

  /// JSON as in study_experiments_event. The table has the function.
  [[nodiscard]] Answer add(std::string_view experiments, study::Timestamp time);

  /// What the plugin calls its observer.
  [[nodiscard]] void* handle() const { return handle_; }
  [[nodiscard]] const RecordingHost& host() const { return host_; }

 private:
  [[nodiscard]] Answer call(const std::string& function,
                            const std::function<std::int32_t(study_error*)>& body);
  void run(const std::function<void()>& body) const;

  const CaseContext& context_;
  const study_observer_plugin& table_;
  CallStyle style_;
  RecordingHost host_;
  LentBytes memory_;
  void* handle_ = nullptr;
};

}  // namespace host
