/// The checkpoint as `manifest.json`, published atomically after every transition.
#pragma once

#include "checkpoint/sink.hpp"
#include "checkpoint/store_files.hpp"
#include "manifest/manifest_engine.hpp"

#include <study/atomic_file.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

namespace study::manifest {

struct ManifestOptions {
  EngineChoice engine = EngineChoice::automatic;
  Durability durability = Durability::process;
};

/// Whoever opens `manifest.json` at any moment finds one whole state of the study: that before a
/// transition or that after it. FORMAT.md tells what else is promised by which engine and
/// durability.
class ManifestSink final : public checkpoint::Sink {
 public:
  ManifestSink(ManifestOptions options, checkpoint::Log log,
               FileSystem& file_system = FileSystem::system())
      : options_(options), log_(std::move(log)), file_system_(file_system) {}

  void open(checkpoint::EntryTable& table, const StudyStart& event) override;
  [[nodiscard]] bool keeps_attributes() const override { return false; }
  void commit(checkpoint::EntryTable& table, const checkpoint::Transition& transition) override;
  void add(checkpoint::EntryTable& table, checkpoint::EntryIndex first, Timestamp time) override;
  void close(checkpoint::EntryTable& table,
             std::chrono::steady_clock::time_point deadline) override;
  [[nodiscard]] std::optional<StudyManifest> read_checkpoint(const CheckpointQuery& query) override;

 private:
  const ManifestOptions options_;
  const checkpoint::Log log_;
  FileSystem& file_system_;
  /// The manifest that has been read, so that it isn't read again to see whether it can be.
  std::optional<checkpoint::FileVersion> usable_;
  // From open to close.
  std::unique_ptr<checkpoint::PathReservation> reservation_;
  std::unique_ptr<ManifestEngine> engine_;
};

}  // namespace study::manifest
