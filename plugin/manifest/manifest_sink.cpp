#include "manifest/manifest_sink.hpp"

#include "base/format.hpp"
#include "manifest/swap_file.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <exception>
#include <string>
#include <system_error>
#include <utility>

namespace study::manifest {
namespace {

namespace fs = std::filesystem;

/// Removes what a killed study has left half-written: temporary files of a replacement, and those
/// of the engine's trial.
void remove_leftovers(const fs::path& study_dir) {
  const std::string prefix = "." + std::string(kManifestFileName) + ".";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(study_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    if (name.ends_with(".tmp") || name.starts_with(prefix + "probe"))
      fs::remove(entry.path(), ignored);
  }
}

/// Reads a manifest file; whatever keeps it from being used is a `CheckpointError`.
std::optional<StudyManifest> read_usable(const fs::path& path) {
  try {
    return read_manifest_file(path);
  } catch (const FileError& error) {
    throw CheckpointError(CheckpointError::Kind::corrupt, error.what());
  }
}

/// The generation before the published one, if a host died while it kept one with the swap engine.
std::optional<StudyManifest> read_previous(const fs::path& path, const std::string& problem,
                                           const checkpoint::Log& log) {
  auto previous = read_usable(spare_path(path));
  if (previous) {
    log(LogSeverity::warning, study::format("{}; the previous generation {} is read in its place",
                                            problem, spare_path(path).string()));
  }
  return previous;
}

/// Whether there is a usable manifest at `path`. One that nobody can read must not be overwritten,
/// since somebody may be able to repair it: it is renamed.
bool set_aside_unless_usable(const fs::path& path, Timestamp time, const checkpoint::Log& log) {
  std::string problem;
  try {
    return read_usable(path).has_value();
  } catch (const CheckpointError& error) {
    problem = error.what();
  }
  const fs::path aside = checkpoint::set_aside(path, "unreadable", time);
  log(LogSeverity::warning,
      study::format("a manifest that can't be read is kept as {}: {}", aside.string(), problem));
  return false;
}

/// Makes sure that whatever there is of a checkpoint stays one until a new manifest is published:
/// in the place of a missing or unreadable one comes the previous generation, which the engine
/// would remove first.
void keep_a_generation(const fs::path& path, Timestamp time, const checkpoint::Log& log) {
  if (set_aside_unless_usable(path, time, log)) return;
  if (!set_aside_unless_usable(spare_path(path), time, log)) return;
  fs::rename(spare_path(path), path);
}

}  // namespace

void ManifestSink::open(checkpoint::EntryTable& table, const StudyStart& event) {
  const fs::path path = event.study_dir / kManifestFileName;
  auto reservation = std::make_unique<checkpoint::PathReservation>(path, "manifest_writer");
  keep_a_generation(path, event.time, log_);
  engine_ = make_engine(options_.engine, file_system_, path, table, options_.durability, log_);
  remove_leftovers(event.study_dir);
  engine_->create();
  reservation_ = std::move(reservation);
}

void ManifestSink::commit(checkpoint::EntryTable& /*table*/,
                          const checkpoint::Transition& transition) {
  engine_->publish(transition.entry);
}

void ManifestSink::close(checkpoint::EntryTable& /*table*/) {
  engine_->finish();
  engine_.reset();
  reservation_.reset();
}

std::optional<StudyManifest> ManifestSink::read_checkpoint(const CheckpointQuery& query) {
  if (query.study_dir.empty()) return std::nullopt;
  const fs::path path = query.study_dir / kManifestFileName;
  try {
    if (auto manifest = read_usable(path)) return manifest;
  } catch (const CheckpointError& error) {
    if (error.kind() == CheckpointError::Kind::newer_version) throw;
    try {
      if (auto previous = read_previous(path, error.what(), log_)) return previous;
    } catch (const CheckpointError&) {  // what counts is what is wrong with the manifest itself
    }
    throw;
  }
  return read_previous(path, path.string() + " is missing", log_);
}

}  // namespace study::manifest
