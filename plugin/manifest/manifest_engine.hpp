/// How the manifest gets to the disk: two engines that differ in nothing that a reader can see but
/// padding.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "checkpoint/sink.hpp"
#include "manifest/file_system.hpp"

#include <study/atomic_file.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace study::manifest {

/// What a person asks for in the option `engine`.
enum class EngineChoice {
  automatic,  ///< swap where the file system can do it, else replace
  swap,       ///< swap, or an error at the start of the study
  replace,    ///< a whole new file for every transition
};

/// Publishes a table as one file. Calls are serialised.
class ManifestEngine {
 public:
  ManifestEngine() = default;
  ManifestEngine(const ManifestEngine&) = delete;
  ManifestEngine& operator=(const ManifestEngine&) = delete;
  virtual ~ManifestEngine() = default;

  /// Publishes the whole table in the place of whatever was there. Throws `FileError`.
  virtual void create() = 0;

  /// Publishes the table, in which `changed` and the counters have changed since the last call.
  /// Throws `FileError`; the published file is then whole and older, and the next call catches up.
  virtual void publish(checkpoint::EntryIndex changed) = 0;

  /// Publishes the table, in which the entries from `first` on are new, and the head and the
  /// counters have changed. Throws as publish().
  virtual void add(checkpoint::EntryIndex first) = 0;

  /// Publishes the compact document, synced, and leaves nothing else behind. Throws an `Error` that
  /// says what is stored all the same, and may be called again then.
  virtual void finish() = 0;
};

/// Why `directory` can't be published to by the swap engine, or empty if it can: its file system is
/// not one of those known to keep the promises, or refuses a lease or an exchange when tried.
[[nodiscard]] std::optional<std::string> swap_obstacle(FileSystem& file_system,
                                                       const std::filesystem::path& directory);

/// The engine for `path`; logs once which it is and why. The table must outlive it.
/// Throws `StudyError` if `choice` is swap and the place can't do it.
[[nodiscard]] std::unique_ptr<ManifestEngine> make_engine(
    EngineChoice choice, FileSystem& file_system, const std::filesystem::path& path,
    const checkpoint::EntryTable& table, Durability durability, const checkpoint::Log& log);

}  // namespace study::manifest
