#include "report/attempt_sources.hpp"

#include "input/host_config.hpp"
#include "input/trust.hpp"
#include "resume/study_record.hpp"
#include "status/study_reader.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;

/// A sink that keeps all attempts, and its file without options, relative to the study's directory.
struct FileSink {
  std::string_view plugin;
  std::string_view file;
};
constexpr std::array<FileSink, 2> kFileSinks{
    {{"journal_writer", "journal.jsonl"}, {"sqlite_writer", "../studies.db"}}};

class Sources {
 public:
  Sources(fs::path study_dir, HostLog& log) : study_dir_(std::move(study_dir)), log_(log) {}

  void take_config(const HostConfig& config) {
    for (const study::ObserverConfig& observer : config.observers) load(observer, config.search);
  }

  /// Of the latest run.
  void take_recorded_config() {
    try {
      const auto record = read_study_record(study_dir_);
      if (!record || !record->host_config || keeps_manifest_alone(*record)) return;
      const HostConfig config = load_host_config(record->host_config, {});
      check_found_config(config);
      take_config(config);
    } catch (const study::Error& error) {
      problem_ = error.what();
    }
  }

  void take_files() {
    for (const auto& [plugin, file] : kFileSinks) {
      std::error_code ignored;
      const fs::path path = (study_dir_ / file).lexically_normal();
      const bool is_there = fs::is_regular_file(fs::symlink_status(path, ignored));
      if (is_there && !has(plugin)) load({.plugin = std::string(plugin)}, {});
    }
  }

  [[nodiscard]] AttemptHistory ask() const {
    const study::CheckpointQuery query{study_dir_, {}, study_dir_.parent_path()};
    AttemptHistory history = longest_history(observers_, query, log_.services().log);
    if (history.size == 0 && history.problem.empty()) history.problem = problem_;
    return history;
  }

 private:
  static bool keeps_manifest_alone(const StudyRecord& record) {
    return record.observers &&
           std::all_of(record.observers->begin(), record.observers->end(),
                       [](const std::string& name) { return name == kManifestObserver; });
  }

  [[nodiscard]] bool has(std::string_view name) const {
    return std::any_of(observers_.begin(), observers_.end(),
                       [&](const study::NamedObserver& one) { return one.name == name; });
  }

  /// One that can't be loaded is not in the way of the others.
  void load(const study::ObserverConfig& config, const study::ObserverSearchPath& search) {
    try {
      auto observers = study::create_observers(study::load_observers(std::span(&config, 1), search),
                                               log_.services());
      for (study::NamedObserver& observer : observers) observers_.push_back(std::move(observer));
    } catch (const study::Error& error) {
      if (problem_.empty()) problem_ = error.what();
    }
  }

  const fs::path study_dir_;
  HostLog& log_;
  std::vector<study::NamedObserver> observers_;
  std::string problem_;  ///< why others are not asked
};

}  // namespace

AttemptHistory read_attempt_history(const fs::path& study_dir, const std::optional<fs::path>& given,
                                    HostLog& log) {
  Sources sources(normal_directory(study_dir), log);
  if (given) {
    sources.take_config(load_host_config(given, {}));
  } else {
    sources.take_recorded_config();
    sources.take_files();
  }
  return sources.ask();
}

}  // namespace host
