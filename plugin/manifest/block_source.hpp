/// A file's content in blocks that can be rewritten one by one.
#pragma once

#include <cstdint>
#include <string>

namespace study::manifest {

using BlockIndex = std::uint32_t;

/// The content of a file as blocks 0, 1, 2, … that follow each other without gaps. While `layout()`
/// stays the same, each block keeps its offset and size, whatever it holds.
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

}  // namespace study::manifest
