/// A study whose journal a sink keeps, and the table that the journal should give back.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "journal/journal_line.hpp"
#include "journal/journal_sink.hpp"
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/manifest.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace study_test {

inline void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline std::set<std::string> listing(const std::filesystem::path& dir) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    names.insert(entry.path().filename().string());
  return names;
}

/// The lines of a text, without their newlines.
inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// `text` with the right checksum at the end of each line.
inline std::string sealed(std::string_view text) {
  std::string result;
  for (const std::string& line : lines_of(text)) {
    const std::string body = line.substr(0, line.rfind(",\"crc32c\""));
    char seal[32];
    std::snprintf(seal, sizeof seal, ",\"crc32c\":\"%08x\"}\n", study::journal::crc32c(body));
    result += body + seal;
  }
  return result;
}

class KeptJournal {
 public:
  explicit KeptJournal(std::filesystem::path dir, int entries = 4, int n_cycles = 1)
      : dir_(std::move(dir)), config_(sample_study(entries, n_cycles)) {}

  /// A new study or, with a manifest, a resumed one.
  void start(study::Timestamp time = at(0), const study::StudyManifest* resume_from = nullptr) {
    const study::StudyManifest initial =
        study::initial_manifest(config_, study::make_plan(config_), time);
    table_.emplace(resume_from != nullptr ? *resume_from : initial);
    sink_.emplace(options, log_, calls != nullptr ? *calls : study::journal::AppendCalls::system());
    sink_->open(*table_, {config_, dir_, time, resume_from});
  }

  /// A legal transition, not yet in the journal.
  void apply(const OwnedEvent& event) {
    std::string refusal;
    auto transition = table_->apply(event.view(), refusal);
    if (!transition) throw std::runtime_error(refusal);
    unstored_.push_back(std::move(*transition));
  }
  /// Hands over what was applied; throws what the last commit does, which counts for all.
  void commit() {
    std::exception_ptr problem;
    for (const auto& transition : std::exchange(unstored_, {})) {
      problem = nullptr;
      try {
        sink_->commit(*table_, transition);
      } catch (const study::Error&) {
        problem = std::current_exception();
      }
    }
    if (problem) std::rethrow_exception(problem);
  }
  void play(const OwnedEvent& event) {
    apply(event);
    commit();
  }
  void play(std::size_t entry, study::ExperimentState state, double seconds) {
    play(event(entry, state, seconds));
  }
  /// Adds an experiment, with a cycle of 1.
  void add(const std::string& config_hash, double seconds) {
    const auto first = static_cast<study::checkpoint::EntryIndex>(table_->size());
    table_->add(config_hash, "summary of " + config_hash, 1);
    table_->set_study_design_hash("design-" + std::to_string(table_->size()));
    sink_->add(*table_, first, at(seconds));
  }
  void end(study::StudyOutcome outcome, double seconds) {
    table_->end(outcome, at(seconds));
    sink_->close(*table_, std::chrono::steady_clock::time_point::max());
  }

  [[nodiscard]] OwnedEvent event(std::size_t entry, study::ExperimentState state,
                                 double seconds) const {
    const auto found = table_->entry(entry);
    OwnedEvent event{.config_hash = std::string(found.config_hash),
                     .cycle = found.cycle,
                     .state = state,
                     .time = at(seconds)};
    if (state == study::ExperimentState::completed) event.result_file = "result.json";
    if (state == study::ExperimentState::failed) {
      event.error_type = "ProcessExit";
      event.error_message = "exit code 1";
    }
    return event;
  }

  /// What another sink reads from the journal.
  [[nodiscard]] std::optional<study::StudyManifest> stored() {
    return study::journal::JournalSink({}, log_).read_checkpoint({.study_dir = dir_});
  }

  [[nodiscard]] study::StudyManifest expected() const { return table_->manifest(); }
  [[nodiscard]] const std::filesystem::path& dir() const { return dir_; }
  [[nodiscard]] std::filesystem::path path() const { return dir_ / "journal.jsonl"; }
  [[nodiscard]] std::string text() const { return study::read_file(path()); }
  [[nodiscard]] bool has_logged(std::string_view part) const {
    return std::any_of(logged.begin(), logged.end(),
                       [&](const std::string& text) { return contains(text, part); });
  }

  std::vector<std::string> logged;
  study::journal::JournalOptions options;
  study::journal::AppendCalls* calls = nullptr;  ///< the system's

 private:
  std::filesystem::path dir_;
  study::StudyConfig config_;
  study::checkpoint::Log log_ = [this](study::LogSeverity, std::string_view text) {
    logged.emplace_back(text);
  };
  std::optional<study::checkpoint::EntryTable> table_;
  std::optional<study::journal::JournalSink> sink_;
  std::vector<study::checkpoint::Transition> unstored_;  ///< not yet handed over
};

}  // namespace study_test
