/// A file that is replaced atomically and in constant time: generations of it change places.
#pragma once

#include "checkpoint/background_sync.hpp"
#include "manifest/file_system.hpp"
#include "manifest/generation.hpp"
#include "manifest/spare_names.hpp"

#include <study/atomic_file.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace study::manifest {

/// Publishes the blocks of a `BlockSource` as the file `path`, in time that depends only on how
/// many have changed.
///
/// Files of the same layout are kept open: the published one, and a spare under the first of
/// `spare_paths(path)`, which lacks the last publications. To publish, the spare gets what it lacks
/// while a write lease proves that nobody else has it open or mapped, and the two names are
/// exchanged. When somebody has it open, another spare is written whole, up to `kMaxSpares`, which
/// take turns from then on; when there are as many, the one behind most is left to its readers.
/// Those that nobody has needed for `kKeepSpares` are removed. FORMAT.md has the protocol step by
/// step.
///
/// Promised to a reader who opens `path`: one whole state, that before a publication or that after
/// it, which never changes while the file is open or mapped. Nor does a copy of it by hard links.
///
/// Promised after the death of the process at any instruction: `path` is the last published state
/// or, during a publication, that before or after it.
///
/// Promised after a power loss, on a file system that journals its directory and writes 4 KiB pages
/// whole: `path` is one of the generations. With `Durability::process` each of its blocks is from
/// some publication; no publication is missing that had returned `BackgroundSync::kDelay` and the
/// time in which all generations are synced twice before. With `Durability::power` none that has
/// returned is missing.
///
/// Not promised: anything about the spares; anything to somebody who writes to `path`, or who moves
/// a spare away and puts another file in its place between two publications within 50 ms; hard
/// links, owner or attributes of a file that was there before.
///
/// Not thread-safe; the calls may come from different threads.
class SwapFile {
 public:
  /// How long a spare that its readers hold is waited for, and how long more than one is kept after
  /// a reader was last met: who looks every few seconds is met by spares that are there.
  static constexpr std::chrono::seconds kKeepSpares{10};

  SwapFile(FileSystem& file_system, const std::filesystem::path& path, Durability durability);
  SwapFile(const SwapFile&) = delete;
  SwapFile& operator=(const SwapFile&) = delete;
  /// Closes; all files stay.
  ~SwapFile();

  /// Writes two generations whole and publishes one in the place of whatever `path` was; what a
  /// writer that was killed has left beside it is removed. Throws `FileError`.
  void create(const BlockSource& source);

  /// Publishes the present state of `source`; `changed` are the blocks that have changed since the
  /// last call, and so have all from `changed_from` on, of which there may be more than then. Costs
  /// what has changed since the turn of the spare that is published, which without readers is this
  /// and the last publication. Falls back to writing a whole new generation whatever step of the
  /// swap fails.
  ///
  /// Throws `FileError` if that fails too. The published file is then as it was before, or, where
  /// only the sync of `Durability::power` failed, new; the next call catches up.
  void publish(const BlockSource& source, std::span<const BlockIndex> changed,
               BlockIndex changed_from = kNoBlock);

  /// Closes all and removes the spares. The published file stays as it is.
  void remove_spares() noexcept;

  /// How many generations have been written whole, those of `create` included.
  [[nodiscard]] std::uint64_t whole_writes() const { return whole_writes_; }

 private:
  struct Spare {
    std::string name;
    Generation generation;
    Generation::Time last_name_check;
  };
  enum class Attempt { published, held, failed };

  [[nodiscard]] bool swap_with_any(const BlockSource& source);
  [[nodiscard]] Attempt try_swap(Spare& spare, const BlockSource& source);
  [[nodiscard]] bool is_usable(Spare& spare, const BlockSource& source);
  [[nodiscard]] Attempt patch(Generation& generation, const BlockSource& source);
  [[nodiscard]] bool needs_sync(const Generation& generation) const;
  [[nodiscard]] Spare* longest_behind(std::uint64_t later_than);
  void exchange_with(Spare& spare);
  void remove_unneeded_spares() noexcept;
  void open_directory();
  /// Writes a whole generation under a spare's name.
  Spare& write_spare(const BlockSource& source);
  [[nodiscard]] Spare& take_spare();
  [[nodiscard]] bool take_name(Spare& spare);
  void publish_spare(Spare& spare);
  void finish_publication();
  void sync_directory();
  void note_files();
  void drop(Spare& spare) noexcept;
  void close(Generation& generation) noexcept;
  [[noreturn]] void fail(const std::string& operation, const std::string& name) const;

  FileSystem& file_system_;
  const std::filesystem::path directory_;
  const std::string name_;
  const Durability durability_;
  int directory_fd_ = -1;  ///< names are looked up from here, which spares the kernel the way to it
  Generation published_;
  std::array<Spare, kMaxSpares> spares_;
  std::uint64_t turn_ = 1;      ///< of the present publication
  Generation::Time now_;        ///< likewise
  Generation::Time last_held_;  ///< when a lease was last refused
  std::string buffer_;
  std::uint64_t whole_writes_ = 0;
  checkpoint::BackgroundSync sync_;  ///< has nothing to do with `Durability::power`
};

}  // namespace study::manifest
