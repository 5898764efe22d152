/// A file that is replaced atomically and in constant time: two generations of it change places.
#pragma once

#include "checkpoint/background_sync.hpp"
#include "manifest/file_system.hpp"

#include <study/atomic_file.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace study::manifest {

using BlockIndex = std::uint32_t;

/// No block: behind all of them.
inline constexpr BlockIndex kNoBlock = std::numeric_limits<BlockIndex>::max();

/// The content of a file as blocks 0, 1, 2, … that follow each other without gaps. While `layout()`
/// stays the same, each block but the last ones keeps its offset and size, whatever it holds; there
/// may come more of them, but never fewer.
class BlockSource {
 public:
  virtual ~BlockSource() = default;

  [[nodiscard]] virtual BlockIndex block_count() const = 0;
  [[nodiscard]] virtual std::uint64_t block_offset(BlockIndex block) const = 0;
  /// Appends the present bytes of the block, all of it.
  virtual void append_block(std::string& out, BlockIndex block) const = 0;
  /// Not zero; another number whenever offsets or sizes have changed.
  [[nodiscard]] virtual std::uint64_t layout() const = 0;
};

/// The name of the spare generation beside `path`: hidden, so that nobody opens it by accident.
[[nodiscard]] std::filesystem::path spare_path(const std::filesystem::path& path);

/// Publishes the blocks of a `BlockSource` as the file `path`, in time that depends only on how
/// many have changed.
///
/// Two files of the same layout are kept open: the published one, and the spare under
/// `spare_path(path)`, which lacks the last publications. To publish, the spare gets what it lacks
/// while a write lease proves that nobody else has it open or mapped, and the two names are
/// exchanged. When somebody has it open, the file is left to them and a fresh spare is written
/// whole. FORMAT.md has the protocol step by step.
///
/// Promised to a reader who opens `path`: one whole state, that before a publication or that after
/// it, which never changes while the file is open or mapped. Nor does a copy of it by hard links.
///
/// Promised after the death of the process at any instruction: `path` is the last published state
/// or, during a publication, that before or after it.
///
/// Promised after a power loss, on a file system that journals its directory and writes 4 KiB pages
/// whole: `path` is one of the two generations. With `Durability::process` each of its blocks is
/// from some publication; no publication is missing that had returned `BackgroundSync::kDelay` and
/// the time of two fsync(2) before. With `Durability::power` none that has returned is missing.
///
/// Not promised: anything about the spare; anything to somebody who writes to `path`, or who moves
/// the spare away and puts another file in its place between two publications within 50 ms; hard
/// links, owner or attributes of a file that was there before.
///
/// Not thread-safe; the calls may come from different threads.
class SwapFile {
 public:
  SwapFile(FileSystem& file_system, const std::filesystem::path& path, Durability durability);
  SwapFile(const SwapFile&) = delete;
  SwapFile& operator=(const SwapFile&) = delete;
  /// Closes; both files stay.
  ~SwapFile();

  /// Writes both generations whole and publishes one in the place of whatever `path` was. Throws
  /// `FileError`.
  void create(const BlockSource& source);

  /// Publishes the present state of `source`; `changed` are the blocks that have changed since the
  /// last call, and so have all from `changed_from` on, of which there may be more than then. Costs
  /// what these publications and the last one have changed. Falls back to writing a whole new
  /// generation whatever step of the swap fails.
  ///
  /// Throws `FileError` if that fails too. The published file is then as it was before, or, where
  /// only the sync of `Durability::power` failed, new; the next call catches up.
  void publish(const BlockSource& source, std::span<const BlockIndex> changed,
               BlockIndex changed_from = kNoBlock);

  /// Closes both and removes the spare. The published file stays as it is.
  void remove_spare() noexcept;

  /// How many generations have been written whole, those of `create` included.
  [[nodiscard]] std::uint64_t whole_writes() const { return whole_writes_; }

 private:
  /// One of the two files.
  struct Generation {
    int fd = -1;  ///< -1: not usable
    FileIdentity identity;
    std::uint64_t layout = 0;
    std::vector<BlockIndex> missing;     ///< blocks that are older here than in the source
    BlockIndex missing_from = kNoBlock;  ///< so are all from here on
  };

  static void note_missing(Generation& generation, std::span<const BlockIndex> changed,
                           BlockIndex changed_from);
  [[nodiscard]] bool try_swap(const BlockSource& source);
  [[nodiscard]] bool spare_is_usable(const BlockSource& source);
  [[nodiscard]] bool patch_spare(const BlockSource& source);
  [[nodiscard]] bool write_missing(const BlockSource& source);
  void open_directory();
  void write_spare(const BlockSource& source);
  /// Writes all blocks from `first` on; false with errno set if it can't.
  [[nodiscard]] bool write_blocks(int fd, const BlockSource& source, BlockIndex first);
  void publish_spare();
  void finish_publication();
  void sync_directory();
  void note_files();
  void drop_spare() noexcept;
  void close(Generation& generation) noexcept;
  [[noreturn]] void fail(const std::string& operation, const std::string& name) const;

  FileSystem& file_system_;
  const std::filesystem::path directory_;
  const std::string name_;
  const std::string spare_name_;
  const Durability durability_;
  int directory_fd_ = -1;  ///< names are looked up from here, which spares the kernel the way to it
  Generation published_;
  Generation spare_;
  std::string buffer_;
  std::chrono::steady_clock::time_point now_;  ///< of the present publication
  std::chrono::steady_clock::time_point last_name_check_;
  std::uint64_t whole_writes_ = 0;
  checkpoint::BackgroundSync sync_;  ///< has nothing to do with `Durability::power`
};

}  // namespace study::manifest
