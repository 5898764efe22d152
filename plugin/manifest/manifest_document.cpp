#include "manifest/manifest_document.hpp"

#include <study/manifest.hpp>

#include <algorithm>
#include <bit>

namespace study::manifest {
namespace {

using checkpoint::EntryIndex;

constexpr std::size_t kPieceBytes = std::size_t{256} * 1024;

/// What closes a document without entries, as Python writes an empty list.
constexpr std::string_view kEmptyListTail = "]\n}";

/// What disks and page cache write whole.
constexpr std::size_t kPageBytes = 4096;

/// What a slot holds besides the entry itself: its comma and its newline.
constexpr std::size_t kEntryDelimiterBytes = 2;

/// By how much an entry grows from pending to completed: two timestamps and a state instead of
/// three shorter words, and the name of a result file of usual length.
constexpr std::size_t kCompletionGrowthBytes = 160;

/// By how much the head grows: a timestamp for `null`, a longer state, and more digits in the
/// counters.
constexpr std::size_t kHeadGrowthBytes = 96;

[[nodiscard]] std::size_t slot_for(std::size_t content_bytes) {
  return std::max(SlottedDocument::kMinSlotBytes, std::bit_ceil(content_bytes));
}

/// Pads what was appended to `out` since `begin` with spaces, so that it ends with a newline at
/// `begin + slot_bytes`.
void pad(std::string& out, std::size_t begin, std::size_t slot_bytes) {
  out.resize(begin + slot_bytes - 1, ' ');
  out += '\n';
}

}  // namespace

bool CompactDocument::next(std::string& piece) {
  piece.clear();
  if (finished_) return false;
  if (next_entry_ == 0) append_manifest_head(piece, table_.head(), table_.counters());
  if (table_.size() == 0) {
    piece += kEmptyListTail;
    finished_ = true;
    return true;
  }
  while (next_entry_ < table_.size() && piece.size() < kPieceBytes) {
    piece += next_entry_ == 0 ? "\n" : ",\n";
    append_manifest_entry(piece, table_.entry(next_entry_++));
  }
  if (next_entry_ == table_.size()) {
    piece += '\n';
    piece += kManifestTail;
    finished_ = true;
  }
  return true;
}

SlottedDocument::SlottedDocument(const checkpoint::EntryTable& table) : table_(table) {
  std::size_t needed = 0;
  std::size_t wanted = 0;
  for (EntryIndex i = 0; i < table.size(); ++i) {
    const std::size_t bytes = render(i).size() + kEntryDelimiterBytes;
    const bool finished = table.entry(i).completed_at.has_value();
    needed = std::max(needed, bytes);
    wanted = std::max(wanted, finished ? bytes : bytes + kCompletionGrowthBytes);
  }
  append_manifest_fixed_head(fixed_head_, table.head());
  lay_out(slot_for(needed_head_bytes()), std::min(slot_for(wanted), kMaxSlotBytes));
  fits_ = needed <= kMaxSlotBytes && head_bytes_ <= kMaxSlotBytes;
}

bool SlottedDocument::make_room(EntryIndex entry) {
  const std::size_t needed = slot_for(render(entry).size() + kEntryDelimiterBytes);
  if (needed > kMaxSlotBytes) return false;
  if (needed > slot_bytes_) lay_out(head_bytes_, needed);
  return true;
}

bool SlottedDocument::add(EntryIndex first) {
  std::size_t wanted = slot_bytes_;
  for (EntryIndex i = first; i < table_.size(); ++i) {
    const std::size_t bytes = render(i).size() + kEntryDelimiterBytes;
    if (bytes > kMaxSlotBytes) return false;
    wanted = std::max(wanted, std::min(slot_for(bytes + kCompletionGrowthBytes), kMaxSlotBytes));
  }
  fixed_head_.clear();
  append_manifest_fixed_head(fixed_head_, table_.head());
  const std::size_t head = slot_for(needed_head_bytes());
  if (head > kMaxSlotBytes) return false;
  if (wanted > slot_bytes_ || head > std::max(head_bytes_, slot_bytes_)) {
    lay_out(std::max(head, head_bytes_), wanted);
  }
  return true;
}

std::size_t SlottedDocument::needed_head_bytes() const {
  std::string changing_head;
  append_manifest_changing_head(changing_head, table_.head(), table_.counters());
  return fixed_head_.size() + changing_head.size() + 1 + kHeadGrowthBytes;
}

void SlottedDocument::lay_out(std::size_t head_bytes, std::size_t slot_bytes) {
  head_bytes_ = head_bytes;
  slot_bytes_ = slot_bytes;
  laid_out_entries_ = table_.size();
  ++layout_;
}

bool SlottedDocument::begins_with_comma(EntryIndex entry) const {
  return entry >= laid_out_entries_ && entry > 0 &&
         block_offset(entry_block(entry)) % kPageBytes == 0;
}

BlockIndex SlottedDocument::first_block_of_added(EntryIndex first) const {
  const bool changes_the_one_before = first > 0 && !begins_with_comma(first);
  return entry_block(changes_the_one_before ? first - 1 : first);
}

BlockIndex SlottedDocument::block_count() const {
  return static_cast<BlockIndex>(table_.size() + 2);
}

std::uint64_t SlottedDocument::block_offset(BlockIndex block) const {
  // The head's slot is padded to a multiple of the entries' slots, so that those lie at multiples
  // of their size.
  const std::uint64_t first_entry = std::max(head_bytes_, slot_bytes_);
  return block == 0 ? 0 : first_entry + std::uint64_t{slot_bytes_} * (block - 1);
}

void SlottedDocument::append_block(std::string& out, BlockIndex block) const {
  const std::size_t begin = out.size();
  const std::size_t entries = table_.size();
  if (block == 0) {
    out += fixed_head_;
    append_manifest_changing_head(out, table_.head(), table_.counters());
    pad(out, begin, std::max(head_bytes_, slot_bytes_));
  } else if (block <= entries) {
    const EntryIndex entry = block - 1;
    const auto known = std::find_if(renderings_.begin(), renderings_.end(),
                                    [&](const Rendering& it) { return it.entry == entry; });
    if (known != renderings_.end()) {
      out += known->text;
    } else {
      append_manifest_entry(out, table_.entry(entry));
    }
    if (begins_with_comma(entry)) out[begin] = ',';  // the first blank of the indentation
    if (block < entries && !begins_with_comma(entry + 1)) out += ',';
    pad(out, begin, slot_bytes_);
  } else {
    out += kManifestTail;
  }
}

const std::string& SlottedDocument::render(EntryIndex entry) {
  for (Rendering& older : renderings_) {
    if (older.entry == entry) older.entry = kNoEntry;
  }
  Rendering& rendering = renderings_[next_rendering_];
  next_rendering_ = (next_rendering_ + 1) % renderings_.size();
  rendering.text.clear();
  append_manifest_entry(rendering.text, table_.entry(entry));
  rendering.entry = entry;
  return rendering.text;
}

}  // namespace study::manifest
