/// The host's side of one observer that lives in a plugin.
#pragma once

#include <study/abi.h>
#include <study/observer.hpp>
#include <study/observer_library.hpp>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace study {

/// A plugin that has shaken hands. Its texts are copies, valid UTF-8 whatever the plugin says.
struct LoadedPlugin {
  std::filesystem::path path;
  const study_observer_plugin* table;  ///< lives as long as the process
  std::string name;                    ///< of the file where the plugin gives none
  std::string version;
  std::string description;
  std::string options_schema;

  /// What messages call it.
  [[nodiscard]] std::string label() const {
    return "plugin '" + name + "' (" + path.string() + ")";
  }
};

/// Where a plugin writes why a call failed.
class ErrorBuffer {
 public:
  ErrorBuffer() = default;
  ErrorBuffer(const ErrorBuffer&) = delete;
  ErrorBuffer& operator=(const ErrorBuffer&) = delete;

  /// Ready for a call.
  [[nodiscard]] study_error* get() {
    error_ = {sizeof(study_error), bytes_.data(), bytes_.size(), 0};
    return &error_;
  }

  /// What the callee wrote, made valid UTF-8. A size beyond the capacity, or a pointer that is not
  /// the buffer's any more, is not believed.
  [[nodiscard]] std::string text() const;

 private:
  std::array<char, 4096> bytes_{};
  study_error error_{};
};

/// Turns calls into C and statuses into exceptions. Of a plugin of an earlier minor version, what
/// that doesn't know is left out, or refused.
class LoadedObserver final : public StudyObserver {
 public:
  /// Makes the observer in the plugin. `options` is JSON text. Throws `InputError` where the plugin
  /// says that the options are wrong, `PluginError` where it refuses for another reason.
  LoadedObserver(std::shared_ptr<const LoadedPlugin> plugin, HostServices services,
                 std::string_view options);
  ~LoadedObserver() override;

  void on_study_start(const StudyStart& event) override;
  void on_experiment_state(const ExperimentEvent& event) override;
  void on_experiments_added(const ExperimentsAdded& event) override;
  void on_study_end(const StudyEnd& event) override;
  [[nodiscard]] std::optional<StudyManifest> read_checkpoint(const CheckpointQuery& query) override;
  [[nodiscard]] bool read_attempts(const CheckpointQuery& query, const TakeAttempt& take) override;
  [[nodiscard]] bool list_studies(const StudiesQuery& query, const TakeStudy& take) override;

 private:
  /// Calls one of the table's functions that are only good or bad.
  template <class Function, class Event>
  void notify(std::string_view name, Function function, const Event& event);
  /// Calls one of the table's functions that read a store; false if there is nothing to be read.
  template <class Function>
  bool read(std::string_view name, Function function, const CheckpointQuery& query,
            const study_text_receiver& receiver);
  /// The same for one that hands over one text after the other: `parse(text, source)` makes of each
  /// what `take` gets. False also where the plugin has no such function.
  template <class Function, class Parse, class Take>
  bool read_each(std::string_view name, Function study_observer_plugin::*member,
                 const CheckpointQuery& query, std::string_view what, const Parse& parse,
                 const Take& take);

  std::shared_ptr<const LoadedPlugin> plugin_;
  // The plugin has pointers to these two until destroy has returned.
  HostServices services_;
  study_host host_{};
  void* handle_ = nullptr;
  ErrorBuffer error_;  ///< one for all calls, since zeroing four kilobytes takes longer than a call
};

}  // namespace study
