#include "manifest/manifest_sink.hpp"

#include <study/manifest.hpp>

#include <string>
#include <system_error>

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

}  // namespace

void ManifestSink::open(const checkpoint::EntryTable& table, const StudyStart& event) {
  engine_ = make_engine(options_.engine, file_system_, event.study_dir / kManifestFileName, table,
                        options_.durability, log_);
  remove_leftovers(event.study_dir);
  engine_->create();
}

void ManifestSink::commit(const checkpoint::EntryTable& /*table*/,
                          std::span<const checkpoint::Transition> transitions) {
  engine_->publish(transitions);
}

void ManifestSink::close(const checkpoint::EntryTable& /*table*/,
                         std::span<const checkpoint::Transition> /*missed*/) {
  engine_->finish();
  engine_.reset();
}

std::optional<StudyManifest> ManifestSink::read_checkpoint(const CheckpointQuery& query) {
  if (query.study_dir.empty()) return std::nullopt;
  return read_manifest_file(query.study_dir / kManifestFileName);
}

}  // namespace study::manifest
