/// What the conformance suite has to know of a sink. Each program of the suite has one.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace study_test {

struct SinkUnderTest {
  std::string name;    ///< what failures are reported under
  std::string plugin;  ///< its file among the observers of this build, such as `manifest_writer.so`

  /// The plugin's options, JSON text, for studies in `results_dir`.
  std::function<std::string(const std::filesystem::path& results_dir)> options =
      [](const std::filesystem::path&) { return "{}"; };

  /// Called once, before everything else. Gives the reason why the sink can't be tested here; empty
  /// if it can.
  std::function<std::string()> set_up = [] { return ""; };

  /// The attributes that the store has of each attempt, in the order of entries and attempts.
  /// Empty: it has no place for them.
  std::function<std::vector<std::string>(const std::filesystem::path& study_dir)> attributes = {};

  /// Its store has many studies, and it tells which.
  bool lists_studies = false;

  /// From break_store to mend_store nothing can be stored by an observer that has been started.
  /// Nothing else of the process is broken by it but the writing of files.
  std::function<void()> break_store;
  std::function<void()> mend_store;
};

/// Defined by the file that describes the sink.
[[nodiscard]] const SinkUnderTest& sink_under_test();

}  // namespace study_test
