/// A results directory with studies in a database, for the tests of sqlite_writer.
#pragma once

#include "checkpoint/checkpoint_observer.hpp"
#include "sqlite/schema.hpp"
#include "sqlite/sqlite_sink.hpp"
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"

#include <study/manifest.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace study_test {

inline std::set<std::string> listing(const std::filesystem::path& dir) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    names.insert(entry.path().filename().string());
  return names;
}

/// The rows that a query gives, columns joined with `|` as the sqlite3 shell does.
inline std::vector<std::string> query(const std::filesystem::path& path, const std::string& sql) {
  study::sqlite::Database database(path, study::sqlite::Access::read, std::chrono::seconds(5));
  // As for a person; the sink itself obeys none.
  sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_ENABLE_VIEW, 1, nullptr);
  study::sqlite::Statement statement(database, sql);
  std::vector<std::string> rows;
  while (statement.next()) {
    std::string row;
    for (int i = 0; i < statement.columns(); ++i) row += (i == 0 ? "" : "|") + statement.text(i);
    rows.push_back(row);
  }
  return rows;
}

/// One study that is written through a sink, with its reference table.
class StudyRun {
 public:
  StudyRun(const std::filesystem::path& results_dir, const std::string& name,
           const study::StudyManifest& manifest, study::sqlite::SqliteOptions options = {})
      : dir(results_dir / name), table(manifest), sink(std::move(options), log()) {
    std::filesystem::create_directories(dir);
  }

  void start(study::Timestamp time = at(0)) { sink.open(table, {config, dir, time, nullptr}); }
  /// `settled` is what the table was made of.
  void resume(const study::StudyManifest& settled) {
    sink.open(table, {config, dir, at(1000), &settled});
  }

  study::checkpoint::Transition apply(std::size_t entry, study::ExperimentState state,
                                      double seconds, const std::string& text = {}) {
    using study::ExperimentState;
    OwnedEvent event{.config_hash = std::string(table.entry(entry).config_hash),
                     .cycle = table.entry(entry).cycle,
                     .state = state,
                     .time = at(seconds)};
    if (state == ExperimentState::completed) event.result_file = text.empty() ? "r.json" : text;
    if (state == ExperimentState::failed) {
      event.error_type = "RuntimeError";
      event.error_message = text;
    }
    event.attributes = attributes;
    std::string refusal;
    return table.apply(event.view(), refusal).value();
  }

  void enter(std::size_t entry, study::ExperimentState state, double seconds,
             const std::string& text = {}) {
    const auto transition = apply(entry, state, seconds, text);
    sink.commit(table, transition);
  }

  /// Adds that many experiments.
  void add(std::size_t count) {
    const auto first = static_cast<study::checkpoint::EntryIndex>(table.size());
    for (std::size_t i = 0; i < count; ++i) {
      table.add("trial-" + std::to_string(table.size()), "a trial", 1);
    }
    table.set_study_design_hash("design-" + std::to_string(table.size()));
    sink.add(table, first, {});
  }

  void end(study::StudyOutcome outcome = study::StudyOutcome::completed, double seconds = 500) {
    table.end(outcome, at(seconds));
    sink.close(table, std::chrono::steady_clock::time_point::max());
  }

  study::checkpoint::Log log() {
    return [this](study::LogSeverity, std::string_view text) { logged.emplace_back(text); };
  }

  std::string attributes;  ///< of the next events
  std::vector<std::string> logged;
  study::StudyConfig config;  ///< of no account to a sink
  std::filesystem::path dir;
  study::checkpoint::EntryTable table;
  study::sqlite::SqliteSink sink;
};

/// What another process would read.
inline std::optional<study::StudyManifest> read_back(const study::CheckpointQuery& query,
                                                     study::sqlite::SqliteOptions options = {}) {
  return study::sqlite::SqliteSink(std::move(options), [](study::LogSeverity, std::string_view) {})
      .read_checkpoint(query);
}

}  // namespace study_test
