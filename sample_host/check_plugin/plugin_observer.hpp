/// One observer of a plugin, called as abi.h says, with every answer checked.
#pragma once

#include "check_plugin/check_case.hpp"
#include "check_plugin/host_book.hpp"
#include "check_plugin/lent_bytes.hpp"
#include "check_plugin/plugin_file.hpp"

#include <study/observer.hpp>
#include <study/study_config.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace plugin_check {

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

/// A name such as `STUDY_FAILED`, or the number.
[[nodiscard]] std::string status_name(std::int32_t status);

/// Every function throws `CaseFailed` for an answer that abi.h doesn't allow: an unknown status, a
/// failure without a message, a message that is not UTF-8 or larger than its buffer, an exception.
/// What the plugin answers beyond that is for the caller to judge.
class PluginObserver {
 public:
  /// Made by the first call of `create`.
  PluginObserver(const CaseContext& context, const PluginFile& plugin, CallStyle style = {});
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

  [[nodiscard]] const HostBook& book() const { return book_; }

 private:
  [[nodiscard]] Answer call(const std::string& function,
                            const std::function<std::int32_t(study_error*)>& body);
  void run(const std::function<void()>& body) const;

  const CaseContext& context_;
  const study_observer_plugin& table_;
  CallStyle style_;
  HostBook book_;
  LentBytes memory_;
  void* handle_ = nullptr;
};

}  // namespace plugin_check
