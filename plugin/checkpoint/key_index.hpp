/// From the hash of a key to the position of its entry.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <optional>
#include <vector>

namespace study::checkpoint {

/// The position of an entry in the table and in the manifest.
using EntryIndex = std::uint32_t;

/// A hash table of a known number of entries, which never grows and from which nothing is removed.
///
/// It keeps half of each hash beside the position, in 8 bytes, and the keys only where the entries
/// are: a look-up in a study of 100,000 that nobody has touched for a while misses the cache once
/// here and once at the entry, which is wanted anyway.
class KeyIndex {
 public:
  KeyIndex(std::size_t entries, std::pmr::memory_resource& memory)
      : slots_(slot_count(entries), &memory), mask_(slots_.size() - 1) {}

  /// Of its memory.
  [[nodiscard]] static std::size_t bytes(std::size_t entries) {
    return slot_count(entries) * sizeof(Slot);
  }

  /// The entry with this hash for which `has_key(entry)` is true.
  template <class HasKey>
  [[nodiscard]] std::optional<EntryIndex> find(std::uint64_t hash, HasKey&& has_key) const {
    for (std::size_t i = hash & mask_; slots_[i].entry != kFree; i = (i + 1) & mask_) {
      if (slots_[i].hash_half == half(hash) && has_key(slots_[i].entry)) return slots_[i].entry;
    }
    return std::nullopt;
  }

  /// At most as many as the index was made for, each key once.
  void insert(std::uint64_t hash, EntryIndex entry) {
    std::size_t i = hash & mask_;
    while (slots_[i].entry != kFree) i = (i + 1) & mask_;
    slots_[i] = {half(hash), entry};
  }

 private:
  static constexpr EntryIndex kFree = std::numeric_limits<EntryIndex>::max();

  struct Slot {
    std::uint32_t hash_half = 0;
    EntryIndex entry = kFree;
  };

  [[nodiscard]] static std::size_t slot_count(std::size_t entries) {
    return std::bit_ceil(std::max<std::size_t>(2 * entries, 1));
  }

  /// That which the position of the slot doesn't tell.
  [[nodiscard]] static std::uint32_t half(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32);
  }

  std::pmr::vector<Slot> slots_;  ///< at most half of them taken
  std::size_t mask_;
};

}  // namespace study::checkpoint
