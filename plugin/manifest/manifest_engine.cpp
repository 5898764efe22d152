#include "manifest/manifest_engine.hpp"

#include "base/format.hpp"
#include "checkpoint/background_sync.hpp"
#include "manifest/manifest_document.hpp"
#include "manifest/swap_file.hpp"

#include <study/error.hpp>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>

namespace study::manifest {
namespace {

using checkpoint::EntryIndex;

constexpr long kXfsMagic = 0x58465342;  // fs/xfs/libxfs/xfs_format.h; not in linux/magic.h

/// The file systems on which leases see every reader and an exchange of names is one journalled
/// step. Overlayfs is not among them, since it doesn't notice who only maps a file, nor NFS, where
/// others are not noticed at all.
constexpr std::array kSwapFileSystems = {
    std::pair<long, std::string_view>{EXT4_SUPER_MAGIC, "ext4"},
    std::pair<long, std::string_view>{kXfsMagic, "xfs"},
    std::pair<long, std::string_view>{BTRFS_SUPER_MAGIC, "btrfs"},
    std::pair<long, std::string_view>{TMPFS_MAGIC, "tmpfs"},
    std::pair<long, std::string_view>{F2FS_SUPER_MAGIC, "f2fs"},
};

void write_compact(const std::filesystem::path& path, const checkpoint::EntryTable& table,
                   Durability durability) {
  CompactDocument document(table);
  replace_file(
      path, [&](std::string& piece) { return document.next(piece); }, durability);
}

class ReplaceEngine final : public ManifestEngine {
 public:
  ReplaceEngine(std::filesystem::path path, const checkpoint::EntryTable& table,
                Durability durability)
      : path_(std::move(path)), table_(table), durability_(durability) {}

  void create() override {
    // Synced whatever the durability: a power loss could leave no checkpoint at all.
    write_compact(path_, table_, Durability::power);
    const UniqueFd directory = open_file(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY);
    sync_.set_files({directory.get()});
    // What a killed study with the other engine has left: older than what has just been written.
    std::error_code ignored;
    for (const auto& spare : spare_paths(path_)) std::filesystem::remove(spare, ignored);
  }
  void publish(EntryIndex /*changed*/) override { publish_whole(); }
  void add(EntryIndex /*first*/) override { publish_whole(); }
  void finish() override { write_compact(path_, table_, Durability::power); }

 private:
  void publish_whole() {
    write_compact(path_, table_, durability_);
    if (durability_ == Durability::process) sync_.note_change();
  }

  const std::filesystem::path path_;
  const checkpoint::EntryTable& table_;
  const Durability durability_;
  checkpoint::BackgroundSync sync_;  ///< of the directory, which has the new file's name
};

class SwapEngine final : public ManifestEngine {
 public:
  SwapEngine(FileSystem& file_system, std::filesystem::path path,
             const checkpoint::EntryTable& table, Durability durability, checkpoint::Log log)
      : path_(std::move(path)),
        table_(table),
        durability_(durability),
        log_(std::move(log)),
        document_(table),
        file_(file_system, path_, durability) {}

  [[nodiscard]] bool can_hold_the_table() const { return document_.fits(); }

  void create() override { file_.create(document_); }

  void publish(EntryIndex changed) override {
    if (whole_ || !document_.make_room(changed)) return publish_whole(changed);
    const BlockIndex blocks[] = {SlottedDocument::head_block(),
                                 SlottedDocument::entry_block(changed)};
    file_.publish(document_, blocks);
  }

  void add(EntryIndex first) override {
    if (whole_ || !document_.add(first)) return publish_whole(first);
    const BlockIndex head = SlottedDocument::head_block();
    file_.publish(document_, {&head, 1}, document_.first_block_of_added(first));
  }

  void finish() override {
    // On a full disk there is no room for the compact document, a whole new file, but how the study
    // ended still gets into the slots.
    if (!ended_in_slots_ && !whole_) ended_in_slots_ = try_publish_head();
    try {
      write_compact(path_, table_, Durability::power);
    } catch (const FileError&) {
      file_.remove_spares();  // whose room may be what was missing
      compact_again();
    }
    file_.remove_spares();
  }

 private:
  [[nodiscard]] bool try_publish_head() {
    const BlockIndex head = SlottedDocument::head_block();
    try {
      file_.publish(document_, {&head, 1});
      return true;
    } catch (const FileError&) {  // what counts is whether the compact document can be written
      return false;
    }
  }

  void compact_again() {
    try {
      write_compact(path_, table_, Durability::power);
    } catch (const FileError& error) {
      if (!ended_in_slots_) throw;
      throw Error(study::format("{} tells how the study ended, but keeps its padding: {}",
                                path_.string(), error.what()));
    }
  }

  /// An entry that fits no slot: nothing that a host of this project writes, but another's result
  /// file may have any name. From then on the study goes on as with the replace engine.
  void publish_whole(EntryIndex changed) {
    if (!whole_) {
      log_(LogSeverity::info,
           study::format("the entry {} is larger than a page: the manifest is written whole from "
                         "now on",
                         changed));
      file_.remove_spares();
      whole_.emplace(path_, table_, durability_);
      return whole_->create();
    }
    whole_->publish(changed);
  }

  const std::filesystem::path path_;
  const checkpoint::EntryTable& table_;
  const Durability durability_;
  const checkpoint::Log log_;
  SlottedDocument document_;
  SwapFile file_;
  std::optional<ReplaceEngine> whole_;  ///< once an entry fits no slot
  bool ended_in_slots_ = false;         ///< the published file has the end of the study
};

[[nodiscard]] std::string reason() {
  return std::generic_category().message(errno);
}

/// Tries on two small files what the engine does all the time. Empty if it worked.
[[nodiscard]] std::optional<std::string> probe(FileSystem& file_system, const std::string& one,
                                               const std::string& other) {
  // Nobody else's file, and none that a link leads to: what a killed study or somebody else has
  // left under these names is removed first, and what can't be removed is not opened.
  constexpr int kNewFile = O_WRONLY | O_CREAT | O_EXCL;
  file_system.unlink(AT_FDCWD, one.c_str());
  file_system.unlink(AT_FDCWD, other.c_str());
  const int fd = file_system.open(AT_FDCWD, one.c_str(), kNewFile, 0666);
  if (fd < 0) return study::format("can't create {}: {}", one, reason());
  std::optional<std::string> obstacle;
  if (file_system.set_lease_signal(fd, SIGURG) != 0 || file_system.set_lease(fd, F_WRLCK) != 0) {
    obstacle = "file leases are refused here: " + reason();
  } else {
    file_system.set_lease(fd, F_UNLCK);
    const int second = file_system.open(AT_FDCWD, other.c_str(), kNewFile, 0666);
    if (second >= 0) file_system.close(second);
    if (file_system.exchange(AT_FDCWD, one.c_str(), other.c_str()) != 0) {
      obstacle = "two files can't change names here: " + reason();
    }
  }
  file_system.close(fd);
  file_system.unlink(AT_FDCWD, one.c_str());
  file_system.unlink(AT_FDCWD, other.c_str());
  return obstacle;
}

}  // namespace

std::optional<std::string> swap_obstacle(FileSystem& file_system,
                                         const std::filesystem::path& directory) {
  struct statfs found;
  if (file_system.statfs(directory.c_str(), found) != 0) {
    return study::format("can't tell the file system of {}: {}", directory.string(), reason());
  }
  for (const auto& [magic, name] : kSwapFileSystems) {
    if (static_cast<long>(found.f_type) == magic) {
      return probe(file_system, (directory / ".manifest.json.probe").string(),
                   (directory / ".manifest.json.probe2").string());
    }
  }
  return "the file system is none of ext4, xfs, btrfs, tmpfs, f2fs";
}

std::unique_ptr<ManifestEngine> make_engine(EngineChoice choice, FileSystem& file_system,
                                            const std::filesystem::path& path,
                                            const checkpoint::EntryTable& table,
                                            Durability durability, const checkpoint::Log& log) {
  std::optional<std::string> obstacle;
  if (choice == EngineChoice::replace) {
    obstacle = "the options ask for it";
  } else {
    obstacle = swap_obstacle(file_system, path.parent_path());
    if (!obstacle) {
      auto engine = std::make_unique<SwapEngine>(file_system, path, table, durability, log);
      if (engine->can_hold_the_table()) {
        log(LogSeverity::info, "engine swap: transitions are published in constant time");
        return engine;
      }
      obstacle = "an entry is larger than a page";
    }
    if (choice == EngineChoice::swap) {
      throw StudyError(
          study::format(R"(engine swap can't be used in {}: {}; choose "auto" or "replace")",
                        path.parent_path().string(), *obstacle));
    }
  }
  log(LogSeverity::info, "engine replace: " + *obstacle);
  return std::make_unique<ReplaceEngine>(path, table, durability);
}

}  // namespace study::manifest
