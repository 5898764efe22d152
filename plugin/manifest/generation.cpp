#include "manifest/generation.hpp"

#include <algorithm>
#include <cerrno>

namespace study::manifest {
namespace {

// Two pages at a time: half the price of a page each. Larger pieces would be cheaper yet, but make
// each later patch dearer, of 16 KiB by 6 %: the page cache takes what comes in one write as one
// large folio, of which a patch of 512 bytes walks all blocks (ext4_block_write_begin() in
// fs/ext4/inode.c).
constexpr std::size_t kWholeWriteBytes = std::size_t{8} * 1024;

// So many blocks are patched whatever the size of the file, and of a large file one in so many:
// several times cheaper than to write and sync all of it.
constexpr std::size_t kFewBlocks = 64;
constexpr std::size_t kPatchedShare = 16;

/// What changes again and again, the head, is mostly among the last ones.
constexpr std::size_t kRecentBlocks = 8;

/// Writes all of `bytes`; false with errno set if it can't.
[[nodiscard]] bool write_all(FileSystem& file_system, int fd, std::string_view bytes,
                             off_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = file_system.pwrite(fd, bytes.data(), bytes.size(), offset);
    if (written <= 0) {
      if (written == 0) errno = ENOSPC;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += written;
  }
  return true;
}

}  // namespace

void MissingBlocks::note(std::span<const BlockIndex> changed, BlockIndex changed_from) {
  all_from_ = std::min(all_from_, changed_from);
  for (const BlockIndex block : changed) {
    const std::size_t recent = std::min(blocks_.size(), kRecentBlocks);
    const auto begin = blocks_.end() - static_cast<std::ptrdiff_t>(recent);
    if (std::find(begin, blocks_.end(), block) != blocks_.end()) continue;
    if (blocks_.size() == next_prune_) {
      prune();
      next_prune_ = std::max(kFirstPrune, 2 * blocks_.size());
    }
    blocks_.push_back(block);
  }
}

void MissingBlocks::clear() {
  blocks_.clear();
  next_prune_ = kFirstPrune;
  all_from_ = kNoBlock;
}

void MissingBlocks::prune() {
  std::sort(blocks_.begin(), blocks_.end());
  blocks_.erase(std::unique(blocks_.begin(), blocks_.end()), blocks_.end());
}

bool is_worth_patching(Generation& generation, const BlockSource& source) {
  MissingBlocks& missing = generation.missing;
  if (missing.blocks().size() <= kRecentBlocks) return true;
  missing.prune();
  return missing.blocks().size() <=
         std::max<std::size_t>(kFewBlocks, source.block_count() / kPatchedShare);
}

bool write_missing(FileSystem& file_system, Generation& generation, const BlockSource& source,
                   std::string& buffer) {
  const BlockIndex all_from = generation.missing.all_from();
  for (const BlockIndex block : generation.missing.blocks()) {
    if (block >= all_from) continue;
    buffer.clear();
    source.append_block(buffer, block);
    if (!write_all(file_system, generation.fd, buffer,
                   static_cast<off_t>(source.block_offset(block)))) {
      return false;
    }
  }
  if (!write_blocks(file_system, generation.fd, source, all_from, buffer)) return false;
  generation.missing.clear();
  return true;
}

bool write_blocks(FileSystem& file_system, int fd, const BlockSource& source, BlockIndex first,
                  std::string& buffer) {
  const BlockIndex blocks = source.block_count();
  if (first >= blocks) return true;
  auto offset = static_cast<off_t>(source.block_offset(first));
  buffer.clear();
  for (BlockIndex block = first; block < blocks; ++block) {
    source.append_block(buffer, block);
    if (buffer.size() < kWholeWriteBytes && block + 1 < blocks) continue;
    if (!write_all(file_system, fd, buffer, offset)) return false;
    offset += static_cast<off_t>(buffer.size());
    buffer.clear();
  }
  return true;
}

}  // namespace study::manifest
