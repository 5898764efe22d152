#include "manifest/manifest_sink.hpp"

#include "base/format.hpp"
#include "manifest/manifest_reader.hpp"
#include "manifest/spare_names.hpp"

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

/// Whether there is a manifest at `path` that `read` can use. One that nobody can read must not be
/// overwritten, since somebody may be able to repair it: it is renamed.
template <class Read>
bool set_aside_unless_usable(const fs::path& path, const Read& read, Timestamp time,
                             const checkpoint::Log& log) {
  std::string problem;
  try {
    return read(path).has_value();
  } catch (const CheckpointError& error) {
    problem = error.what();
  }
  const fs::path aside = checkpoint::set_aside(path, "unreadable", time);
  log(LogSeverity::warning,
      study::format("a manifest that can't be read is kept as {}: {}", aside.string(), problem));
  return false;
}

/// Throws if there is a manifest at `path` already, or something that may be one.
void refuse_occupied(const fs::path& path, const checkpoint::Log& log) {
  const std::string way_out = study::format("move {} away", path.string());
  std::optional<FoundManifest> found;
  try {
    found = find_manifest(path, log);
  } catch (const CheckpointError& error) {
    throw checkpoint::occupied(
        study::format("{} is there and can't be read: {}", path.string(), error.what()), way_out);
  }
  if (!found) return;
  const ManifestCounters counters = count_entries(found->manifest);
  throw checkpoint::occupied(
      study::format("{} tells of {}", found->path.string(),
                    checkpoint::describe_study(found->manifest.head, counters)),
      study::format("move {} away", found->path.string()));
}

/// Makes sure that whatever there is of a checkpoint stays one until a new manifest is published:
/// in the place of a missing or unreadable one comes the latest of its spares, which the engine
/// would remove first.
void keep_a_generation(const fs::path& path, Timestamp time, const checkpoint::Log& log) {
  const auto read = [&](const fs::path& published) { return read_usable(published, log); };
  if (set_aside_unless_usable(path, read, time, log)) return;
  for (const fs::path& spare : spare_paths(path)) {
    static_cast<void>(set_aside_unless_usable(spare, read_whole, time, log));
  }
  if (const auto latest = find_latest_spare(path)) fs::rename(latest->path, path);
}

}  // namespace

void ManifestSink::open(checkpoint::EntryTable& table, const StudyStart& event) {
  const fs::path path = event.study_dir / kManifestFileName;
  auto reservation = std::make_unique<checkpoint::PathReservation>(path, "manifest_writer");
  if (event.resume_from == nullptr) {
    refuse_occupied(path, log_);
  } else if (!usable_ || checkpoint::version_of(path) != usable_) {
    keep_a_generation(path, event.time, log_);
  }
  engine_ = make_engine(options_.engine, file_system_, path, table, options_.durability, log_);
  remove_leftovers(event.study_dir);
  engine_->create();
  reservation_ = std::move(reservation);
}

void ManifestSink::commit(checkpoint::EntryTable& /*table*/,
                          const checkpoint::Transition& transition) {
  engine_->publish(transition.entry);
}

void ManifestSink::add(checkpoint::EntryTable& /*table*/, checkpoint::EntryIndex first,
                       Timestamp /*time*/) {
  engine_->add(first);
}

void ManifestSink::close(checkpoint::EntryTable& /*table*/,
                         std::chrono::steady_clock::time_point /*deadline*/) {
  engine_->finish();
  engine_.reset();
  reservation_.reset();
}

std::optional<StudyManifest> ManifestSink::read_checkpoint(const CheckpointQuery& query) {
  const auto read = [&](const fs::path& study_dir) -> std::optional<StudyManifest> {
    const fs::path path = study_dir / kManifestFileName;
    const auto version = checkpoint::version_of(path);
    auto found = find_manifest(path, log_);
    if (!found) return std::nullopt;
    if (found->path == path) usable_ = version;
    return std::move(found->manifest);
  };
  return query.study_dir.empty() ? checkpoint::read_latest_of_name(query, read)
                                 : read(query.study_dir);
}

}  // namespace study::manifest
