/// Sessions of small studies in a folder of the test's own, with real plugins.
#pragma once

#include "support/child.hpp"
#include "support/temp_dir.hpp"

#include <study/atomic_file.hpp>
#include <study/manifest.hpp>
#include <study/session.hpp>

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <unistd.h>

namespace study_test {

/// Experiments that differ in `x`: 0, 1, 2, …
inline std::vector<study::Experiment> experiments(int count, int first = 0) {
  std::vector<study::Experiment> list;
  for (int x = first; x < first + count; ++x) list.push_back({.config = {{"x", x}}});
  return list;
}

/// What one host after the other opens.
class StudyOnDisk {
 public:
  explicit StudyOnDisk(int count = 3) : count_(count) {}

  /// The options of each session; a test changes what it is about.
  [[nodiscard]] study::SessionOptions options() {
    study::SessionOptions options{.study_name = "sweep", .experiments = experiments(count_)};
    options.results_dir = dir_ / "results";
    options.observers = {{.plugin = "manifest_writer"}};
    options.search.plugin_path = {STUDY_OBSERVER_DIR};
    options.log = [this](study::LogSeverity severity, std::string_view channel,
                         std::string_view text) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (severity < study::LogSeverity::info) return;
      log_ += std::string(channel) + ": " + std::string(text) + "\n";
    };
    return options;
  }
  [[nodiscard]] study::Session open() { return study::Session::open(options()); }

  /// Runs one to its end, with a result.
  static void complete(study::Session& session, study::RunNumber run) {
    session.running(run);
    session.completed(run, {.bytes = "{\"loss\": 0.5}"});
  }

  [[nodiscard]] static study::StudyManifest manifest_in(const std::filesystem::path& study_dir) {
    return *study::read_manifest_file(study_dir / "manifest.json");
  }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return dir_ / name;
  }
  std::string log() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(log_, {});
  }

 private:
  TempDir dir_{memory_directory()};
  int count_;
  std::mutex mutex_;
  std::string log_;
};

/// A session that a killed host had open: `before` has told it what it did.
inline std::filesystem::path killed_host(StudyOnDisk& study,
                                         const std::function<void(study::Session&)>& before) {
  const int status = run_in_child([&] {
    study::Session session = study.open();
    before(session);
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  BOOST_TEST(status == 102);
  return std::filesystem::directory_iterator(study / "results")->path();
}

}  // namespace study_test
