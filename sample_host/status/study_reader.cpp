#include "status/study_reader.hpp"

#include "base/format.hpp"
#include "input/trust.hpp"
#include "resume/study_record.hpp"
#include "status/stored_studies.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;

using study::StudyStatus;
using study::WriterState;

/// Two changes within a tick of the kernel's clock give the same modification time, so a young one
/// proves nothing.
constexpr std::chrono::seconds kTrustedAge{1};

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return !path.empty() && fs::is_directory(path, ignored);
}

/// When the study there began; empty where that isn't known.
std::optional<study::Timestamp> recorded_start(const fs::path& study_dir) {
  try {
    if (const auto record = read_study_record(study_dir)) return record->started_at;
  } catch (const study::StudyError&) {  // the checkpoints tell, too
  }
  return std::nullopt;
}

/// A record that can't be read is no reason not to show a manifest.
std::optional<StudyRecord> record_of(const fs::path& study_dir, bool has_manifest) {
  try {
    return read_study_record(study_dir);
  } catch (const study::StudyError&) {
    if (!has_manifest) throw;
    return std::nullopt;
  }
}

bool keeps_manifest(const StudyRecord& record) {
  const auto& names = record.observers;
  return !names || std::find(names->begin(), names->end(), kManifestObserver) != names->end();
}

/// The host config of the latest run in `study_dir`, if only that tells where its checkpoint is:
/// there is no manifest, or one that an earlier run has left.
std::optional<fs::path> config_of_record(const fs::path& study_dir) {
  std::error_code ignored;
  const bool has_manifest = fs::exists(study_dir / study::kManifestFileName, ignored);
  const auto record = record_of(study_dir, has_manifest);
  if (!record || !record->host_config) return std::nullopt;
  if (has_manifest && keeps_manifest(*record)) return std::nullopt;
  if (fs::exists(*record->host_config, ignored)) return record->host_config;
  throw study::InputError(study::format(
      "{}: no {}{} there, and the host config that the study began with is gone: {}; give one with "
      "--config",
      study_dir.string(), has_manifest ? "up-to-date " : "", study::kManifestFileName,
      record->host_config->string()));
}

study::WriterStatus writer_of(const fs::path& study_dir) {
  return study_dir.empty() ? study::WriterStatus{} : study::read_writer(study_dir);
}

}  // namespace

ManifestReader::ManifestReader(std::filesystem::path study_dir)
    : study_dir_(std::move(study_dir)), manifest_path_(study_dir_ / study::kManifestFileName) {
  if (!std::filesystem::is_directory(study_dir_)) {
    throw study::InputError(study_dir_.string() + ": no such directory");
  }
}

StudyView ManifestReader::read() {
  // The writer first: a manifest that is read while its writer lives is up to date; read the other
  // way round, one that ends properly in between would look as if it had died.
  study::WriterStatus writer = study::read_writer(study_dir_);
  const auto version = present_version();
  if (!version || version != version_ || writer.state == WriterState::gone) {
    read_manifest(writer);
    const bool is_trusted = version && study::now() - version->modified > kTrustedAge;
    version_ = is_trusted ? version : std::nullopt;
  }
  if (writer.state == WriterState::gone && manifest_.head.status == StudyStatus::running) {
    writer = study::read_writer(study_dir_);  // perhaps a new one has begun in between
  }
  return {manifest_, std::move(writer), study::now(), study_dir_.string()};
}

std::optional<ManifestReader::Version> ManifestReader::present_version() const {
  struct stat info {};
  if (::stat(manifest_path_.c_str(), &info) != 0) return std::nullopt;
  const auto modified =
      std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec);
  return Version{info.st_dev, info.st_ino, info.st_size,
                 study::Timestamp(std::chrono::floor<std::chrono::microseconds>(modified))};
}

void ManifestReader::read_manifest(const study::WriterStatus& writer) {
  auto manifest = study::read_manifest_file(manifest_path_);
  if (!manifest) {
    throw study::InputError(study::format(
        "{}: no {} there; {}", study_dir_.string(), study::kManifestFileName,
        writer.state == WriterState::none ? "is it a study directory?"
                                          : "its study has not begun, or other observers keep its "
                                            "checkpoint: --config names them"));
  }
  manifest_ = *std::move(manifest);
}

ObserverReader::ObserverReader(const HostConfig& config, study::CheckpointQuery query, HostLog& log)
    : config_name_(config.file.empty() ? "the built-in default" : config.file.string()),
      query_(std::move(query)),
      log_(log),
      observers_(study::create_observers(study::load_observers(config.observers, config.search),
                                         log.services())) {
  if (observers_.empty()) {
    throw study::InputError(config_name_ + ": no observer is enabled, so that nobody can be asked");
  }
  if (is_there(query_.study_dir)) study_dir_ = query_.study_dir;
}

StudyView ObserverReader::read() {
  // The writer first: a checkpoint that is read while its writer lives is up to date.
  study::WriterStatus writer = writer_of(study_dir_);
  std::vector<study::NamedCheckpoint> checkpoints = ask();
  std::optional<study::StoredStudy> stored;
  if (is_by_name()) {
    const study::ManifestHead head = checkpoints.front().manifest.head;
    stored = ask_for_study(head.started_at);
    // Another study of that name may have begun since; then its writer is asked first, too.
    fs::path found = find_study_directory(query_.results_dir, head);
    if (found.empty() && stored && is_on_this_machine(*stored) &&
        recorded_start(stored->study_dir) == head.started_at) {
      found = stored->study_dir;
    }
    const bool is_another = found != std::exchange(study_dir_, found);
    if (is_another) writer = writer_of(study_dir_);
    // One that has ended since would look as if its writer had died.
    const bool has_ended = stored && stored->status != head.status;
    if (is_another || has_ended) checkpoints = ask();
  }
  if (study_dir_.empty() && stored) writer = stored->writer;
  // While somebody writes, one observer gets to know what happens a moment before another.
  if (writer.state != study::WriterState::alive) {
    for (const auto& [name, reason] : study::describe_stale(checkpoints)) warn(name, reason);
  }
  manifest_ = std::move(checkpoints.front().manifest);
  const bool is_elsewhere = study_dir_.empty() && stored;
  return {.manifest = manifest_,
          .writer = std::move(writer),
          .now = study::now(),
          .study_dir = study_dir_.string(),
          .host = is_elsewhere ? host_of(*stored) : std::string(),
          .directory_there = is_elsewhere ? stored->study_dir : std::string(),
          .namesakes = namesakes_};
}

/// Who fails here has been warned of for its checkpoint.
std::optional<study::StoredStudy> ObserverReader::ask_for_study(study::Timestamp started_at) {
  const StoredStudies stored = ask_for_studies(observers_, {query_.study_name, query_.results_dir});
  std::optional<study::StoredStudy> found;
  for (const study::StoredStudy& study : stored.studies) {
    if (study.started_at == started_at) found = study;
  }
  namesakes_ = stored.studies.size() - (found ? 1 : 0);
  return found;
}

std::vector<study::NamedCheckpoint> ObserverReader::ask() {
  study::CheckpointAnswers answers = ask(query_);
  if (answers.checkpoints.empty() && is_by_name()) {
    // Who keeps files beside the results knows a study by its directory alone.
    const fs::path latest = latest_study_directory(query_.results_dir, query_.study_name);
    if (!latest.empty()) answers = ask({latest, {}, query_.results_dir});
  }
  if (answers.checkpoints.empty()) fail(study::join_texts(answers.failures));
  std::optional<study::Timestamp> started_at;
  if (is_by_name()) {
    for (const study::NamedCheckpoint& checkpoint : answers.checkpoints) {
      started_at = std::max(started_at, std::optional(checkpoint.manifest.head.started_at));
    }
  } else {
    started_at = recorded_start(query_.study_dir);
  }
  study::take_out_other_studies(answers.checkpoints, started_at);
  study::sort_by_progress(answers.checkpoints);
  return std::move(answers.checkpoints);
}

study::CheckpointAnswers ObserverReader::ask(const study::CheckpointQuery& query) {
  study::CheckpointAnswers answers = study::ask_observers(observers_, query);
  for (const auto& [name, reason] : answers.failures) {
    warn(name, "a checkpoint can't be read: " + reason);
  }
  return answers;
}

void ObserverReader::fail(const std::string& failures) const {
  const std::string study =
      is_by_name() ? "the study " + query_.study_name + " in " + query_.results_dir.string()
                   : query_.study_dir.string();
  if (!failures.empty()) {
    throw study::InputError("no checkpoint of " + study + " can be read: " + failures);
  }
  const bool is_elsewhere = !is_by_name() && !is_there(query_.study_dir);
  throw study::InputError(study::format(
      "no observer has a checkpoint of {}; asked: {} ({}){}", study, study::join_names(observers_),
      config_name_, is_elsewhere ? "; there is no such directory on this machine" : ""));
}

void ObserverReader::warn(const std::string& name, const std::string& warning) {
  std::string& last = warned_[name];
  if (last == warning) return;
  last = warning;
  log_.warning(warning);
}

fs::path normal_directory(const fs::path& path) {
  const fs::path normal = fs::absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

std::unique_ptr<StudyReader> open_study_directory(const fs::path& study_dir,
                                                  const std::optional<fs::path>& given,
                                                  HostLog& log) {
  refuse_file_as_directory(study_dir);
  const auto file = given ? given : config_of_record(study_dir);
  if (!file) return std::make_unique<ManifestReader>(study_dir);
  const HostConfig config = load_host_config(file, {});
  if (!given) check_found_config(config);
  return open_study_directory(study_dir, config, log);
}

std::unique_ptr<StudyReader> open_study_directory(const fs::path& study_dir,
                                                  const HostConfig& config, HostLog& log) {
  const fs::path directory = normal_directory(study_dir);
  return std::make_unique<ObserverReader>(
      config, study::CheckpointQuery{directory, {}, directory.parent_path()}, log);
}

}  // namespace host
