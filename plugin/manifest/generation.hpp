/// One of the files that take turns as the published one of a `SwapFile`, and what it lacks.
#pragma once

#include "manifest/file_system.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
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

inline constexpr std::uint64_t kStaleLayout = 0;  ///< of no source: it can't be patched

/// Blocks that have changed since a file was written. Takes at most 8 bytes for each block of the
/// source, however often it changes.
class MissingBlocks {
 public:
  /// `changed`, and all from `changed_from` on. Constant for each, amortised.
  void note(std::span<const BlockIndex> changed, BlockIndex changed_from);
  void clear();

  /// Some may be there twice, unless `prune` was just called.
  [[nodiscard]] std::span<const BlockIndex> blocks() const { return blocks_; }
  [[nodiscard]] BlockIndex all_from() const { return all_from_; }
  /// Leaves each only once.
  void prune();

 private:
  std::vector<BlockIndex> blocks_;
  std::size_t next_prune_ = kFirstPrune;
  BlockIndex all_from_ = kNoBlock;

  static constexpr std::size_t kFirstPrune = 64;
};

struct Generation {
  using Time = std::chrono::steady_clock::time_point;

  int fd = -1;  ///< -1: there is none, and nothing else of this counts
  FileIdentity identity{};
  std::uint64_t layout = kStaleLayout;
  MissingBlocks missing{};
  std::uint64_t turn = 0;            ///< the publication after which it was exchanged away
  Time behind_since{};               ///< when that was
  std::optional<Time> held_since{};  ///< when a lease was first refused since
};

/// Whether `generation` lacks so little that to patch it is cheaper than to write a file whole.
[[nodiscard]] bool is_worth_patching(Generation& generation, const BlockSource& source);

/// Writes what `generation` lacks; false with errno set if it can't. `buffer` is for use meanwhile.
[[nodiscard]] bool write_missing(FileSystem& file_system, Generation& generation,
                                 const BlockSource& source, std::string& buffer);

/// Writes all blocks from `first` on into `fd`; false with errno set if it can't.
[[nodiscard]] bool write_blocks(FileSystem& file_system, int fd, const BlockSource& source,
                                BlockIndex first, std::string& buffer);

}  // namespace study::manifest
