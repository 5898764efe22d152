/// The text of the manifest, from the table: compact, or laid out in slots. Pure: no file, no
/// clock.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "manifest/swap_file.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace study::manifest {

/// The compact document, as schema 2.0 has it, piece by piece, so that nobody holds the whole of
/// it.
class CompactDocument {
 public:
  /// The table must outlive this and not change before the last piece.
  explicit CompactDocument(const checkpoint::EntryTable& table) : table_(table) {}

  /// Replaces `piece` by the next about 256 KiB; false, and an empty piece, when there is nothing
  /// more.
  [[nodiscard]] bool next(std::string& piece);

 private:
  const checkpoint::EntryTable& table_;
  std::size_t next_entry_ = 0;
  bool finished_ = false;
};

/// The same document in slots: head, then each entry, in a slot of a fixed size, padded with spaces
/// before its newline, which JSON allows. FORMAT.md has the layout and its reasons.
///
/// A slot is a power of two between `kMinSlotBytes` and `kMaxSlotBytes` and lies at a multiple of
/// its size, so that it never straddles a page. Block 0 is the head, block i + 1 the entry i, the
/// last block the closing brackets.
///
/// It grows at its end. The comma before an added entry whose slot begins a page stands in that
/// slot, so that no page of a growing document refers to one that the disk may not have.
class SlottedDocument final : public BlockSource {
 public:
  static constexpr std::size_t kMinSlotBytes = 512;
  static constexpr std::size_t kMaxSlotBytes =
      4096;  ///< a page: what disks and page cache write whole

  /// Chooses slots in which every entry will fit when it is completed. The table must outlive this.
  /// Linear.
  explicit SlottedDocument(const checkpoint::EntryTable& table);

  /// Whether head and entries fit their slots at all. If not, the document can't be used.
  [[nodiscard]] bool fits() const { return fits_; }

  /// To be called when the entry has changed. Makes sure that it fits its slot, laying the document
  /// out anew with larger ones if it doesn't. False, and nothing changed, if it fits no slot.
  [[nodiscard]] bool make_room(checkpoint::EntryIndex entry);

  /// To be called when the entries from `first` on have been added to the table and its head has
  /// changed. Makes room as above, also for the completion of each; the same is true of what it
  /// returns. Constant time for each, unless the document is laid out anew.
  [[nodiscard]] bool add(checkpoint::EntryIndex first);

  /// The first of the blocks that have changed by that, which are all from there on.
  [[nodiscard]] BlockIndex first_block_of_added(checkpoint::EntryIndex first) const;

  [[nodiscard]] static BlockIndex head_block() { return 0; }
  [[nodiscard]] static BlockIndex entry_block(checkpoint::EntryIndex entry) { return entry + 1; }
  [[nodiscard]] std::size_t slot_bytes() const { return slot_bytes_; }
  [[nodiscard]] std::size_t head_bytes() const { return head_bytes_; }

  [[nodiscard]] BlockIndex block_count() const override;
  [[nodiscard]] std::uint64_t block_offset(BlockIndex block) const override;
  void append_block(std::string& out, BlockIndex block) const override;
  [[nodiscard]] std::uint64_t layout() const override { return layout_; }

 private:
  /// The text of an entry as it was when it changed last.
  struct Rendering {
    checkpoint::EntryIndex entry = kNoEntry;
    std::string text;
  };
  static constexpr auto kNoEntry = std::numeric_limits<checkpoint::EntryIndex>::max();

  [[nodiscard]] const std::string& render(checkpoint::EntryIndex entry);
  /// What the head takes, at most until the end of the study, with its newline.
  [[nodiscard]] std::size_t needed_head_bytes() const;
  void lay_out(std::size_t head_bytes, std::size_t slot_bytes);
  /// Whether the comma before `entry` stands in its own slot.
  [[nodiscard]] bool begins_with_comma(checkpoint::EntryIndex entry) const;

  const checkpoint::EntryTable& table_;
  std::string fixed_head_;  ///< the part of the head that changes only when entries are added
  std::size_t head_bytes_ = 0;
  std::size_t slot_bytes_ = 0;
  std::uint64_t layout_ = 0;
  std::size_t laid_out_entries_ = 0;  ///< those behind them have been added since
  bool fits_ = false;
  /// The last two that were rendered to see whether they fit: each is written twice, once to each
  /// generation, with this publication and the next.
  std::array<Rendering, 2> renderings_;
  std::size_t next_rendering_ = 0;
};

}  // namespace study::manifest
