/// The state of every experiment of a study, and the only place that decides which transitions are
/// legal.
#pragma once

#include "checkpoint/key_index.hpp"
#include "checkpoint/packed_texts.hpp"

#include <study/manifest.hpp>
#include <study/observer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace study::checkpoint {

/// A transition that the table has accepted. It stands for itself: the entry may have moved on
/// since.
struct Transition {
  EntryIndex entry = 0;
  std::uint64_t sequence = 0;  ///< 1, 2, 3, … since the study was started or resumed
  std::uint32_t attempt = 0;   ///< which one at this entry, as `EntryTable::attempts` counts them
  ExperimentState state = ExperimentState::pending;
  Timestamp time;
  std::string result_file;    ///< completed
  std::string error_type;     ///< failed
  std::string error_message;  ///< failed
};

/// Entries, counters and head of one study. Plain values: no file, no clock, no JSON.
///
/// Legal transitions, everything else is refused and changes nothing:
///
///     pending -> running -> completed      completed is final
///     pending -> failed                    it could not be started
///     running -> failed
///     running -> pending                   interrupted before it finished
///     failed  -> running                   retried
class EntryTable {
 public:
  /// From what a new study begins with, or from the settled manifest of a resumed one. Running
  /// entries become pending, because their writer is gone, and a pending entry tells neither times
  /// nor texts. All texts are copied. Throws `StudyError` if a (config_hash, cycle) appears twice.
  EntryTable(ManifestHead head, std::span<const ManifestEntryView> entries);
  explicit EntryTable(const StudyManifest& manifest);

  /// What was moved from can only be destroyed.
  EntryTable(EntryTable&&) = default;
  EntryTable& operator=(EntryTable&&) = delete;  // the memory would not come along

  [[nodiscard]] const ManifestHead& head() const { return head_; }
  [[nodiscard]] const ManifestCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  /// Refers to the table's own texts: until the entry changes.
  [[nodiscard]] ManifestEntryView entry(std::size_t index) const;

  /// A copy of everything. Linear.
  [[nodiscard]] StudyManifest manifest() const;

  /// Constant time. Empty if the study has no such entry.
  [[nodiscard]] std::optional<EntryIndex> find(std::string_view config_hash,
                                               std::int32_t cycle) const;

  /// The number of the entry's last attempt; 0 before the first. An experiment that could not be
  /// started has made its attempt, too.
  [[nodiscard]] std::uint32_t attempts(EntryIndex entry) const { return entries_[entry].attempts; }

  /// Counts on from `attempts`: for a store that keeps a history and has this many, of the study
  /// before it was resumed, or of what this table has told it. Attempts of the table that are not
  /// to be in the store are not counted any more.
  void set_attempts(EntryIndex entry, std::uint32_t attempts) {
    entries_[entry].attempts = attempts;
  }

  /// Takes the transition that `event` tells of, in constant time, or returns nothing and leaves in
  /// `refusal` why it can't be taken.
  [[nodiscard]] std::optional<Transition> apply(const ExperimentEvent& event, std::string& refusal);

  /// The end of the study. Running entries stay as they are: the host has sent them back to
  /// pending.
  void end(StudyOutcome outcome, Timestamp time);

 private:
  static constexpr Timestamp kNever = Timestamp::min();  ///< out of what a timestamp can tell
  static constexpr std::size_t kUsualHashBytes = 16;

  /// A cache line: in a large study, whose entries nobody has touched for a while, a transition
  /// costs mostly the cache misses.
  struct alignas(64) Entry {
    const char* names = nullptr;  ///< config_hash and config_summary, packed, in `names_`
    PackedTexts<3> texts;         ///< result_file, error_type and error_message
    Timestamp started_at = kNever;
    Timestamp completed_at = kNever;
    std::int32_t cycle = 1;
    std::uint32_t attempts = 0;
    /// So that a look-up needs nothing but this line.
    std::array<char, kUsualHashBytes> usual_hash{};
    bool has_usual_hash = false;  ///< else config_hash is of another length, and only in `names`
    ExperimentState status = ExperimentState::pending;

    [[nodiscard]] bool has_hash(std::string_view config_hash) const;
  };
  static_assert(sizeof(Entry) == 64);

  [[nodiscard]] static Entry make_entry(const ManifestEntryView& from, char*& names);
  static void update(Entry& entry, const Transition& transition);

  ManifestHead head_;
  ManifestCounters counters_;
  /// All that is large, in one block.
  std::unique_ptr<std::pmr::monotonic_buffer_resource> memory_;
  std::pmr::vector<char> names_;  ///< of all entries, one behind the other
  std::pmr::vector<Entry> entries_;
  KeyIndex index_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace study::checkpoint
