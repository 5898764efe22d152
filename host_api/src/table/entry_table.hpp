/// The state of every experiment of a study, and the only place that decides which transitions are
/// legal.
#pragma once

#include <study/manifest.hpp>
#include <study/observer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/container/string.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

namespace study {

/// The position of an entry in the table and in the manifest.
using EntryIndex = std::uint32_t;

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
  std::string attributes;  ///< all that is known of the attempt: JSON on one line; empty: nothing
};

/// Entries, counters and head of one study. Plain values: no file, no clock, no JSON.
///
/// Legal transitions, everything else is refused and changes nothing:
///
///     pending -> running -> completed      completed is final
///     pending -> failed                    it could not be started
///     pending -> completed                 its result was there already
///     running -> failed
///     running -> pending                   interrupted before it finished
///     failed  -> running                   retried
class EntryTable {
 public:
  /// From what a new study begins with, or from the settled manifest of a resumed one. Running
  /// entries become pending, because their writer is gone, and a pending entry tells neither times
  /// nor texts. All texts are copied. Throws `StudyError` if a (config_hash, cycle) appears twice.
  EntryTable(ManifestHead head, std::span<const ManifestEntryView> entries);
  EntryTable(ManifestHead head, const StudyPlan& plan);
  explicit EntryTable(const StudyManifest& manifest);

  /// What was moved from can only be destroyed or assigned to. There are no copies.
  EntryTable(EntryTable&&) = default;
  EntryTable& operator=(EntryTable&&) = default;

  [[nodiscard]] const ManifestHead& head() const { return head_; }
  [[nodiscard]] const ManifestCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t size() const { return entries_->size(); }

  /// Refers to the table's own texts: until the entry changes.
  [[nodiscard]] ManifestEntryView entry(std::size_t index) const;

  /// A copy of everything. Linear.
  [[nodiscard]] StudyManifest manifest() const;

  /// Constant time. Empty if the study has no such entry.
  [[nodiscard]] std::optional<EntryIndex> find(std::string_view config_hash,
                                               std::int32_t cycle) const;

  /// The number of the entry's last attempt; 0 before the first. An experiment that could not be
  /// started has made its attempt, too.
  [[nodiscard]] std::uint32_t attempts(EntryIndex entry) const { return at(entry).attempts; }

  /// Counts on from `attempts`: for a store that keeps a history and has this many, of the study
  /// before it was resumed, or of what this table has told it. Attempts of the table that are not
  /// to be in the store are not counted any more.
  void set_attempts(EntryIndex entry, std::uint32_t attempts) { at(entry).attempts = attempts; }

  /// One more entry, pending, at the end. Constant time, and no entry moves. False, and nothing has
  /// changed, if there is one of this (config_hash, cycle).
  bool add(std::string_view config_hash, std::string_view config_summary, std::int32_t cycle);

  /// What is known of the attempt that is running: JSON on one line; empty: nothing, or none runs.
  [[nodiscard]] std::string_view attributes(EntryIndex entry) const {
    return at(entry).texts ? std::string_view(at(entry).texts->attributes) : std::string_view();
  }

  void set_started_at(Timestamp time) { head_.started_at = time; }
  void set_study_design_hash(std::string hash) { head_.study_design_hash = std::move(hash); }

  /// Takes the transition that `event` tells of, in constant time, or returns nothing and leaves in
  /// `refusal` why it can't be taken. Throws `InputError`, and nothing has changed, for attributes
  /// that are no JSON object.
  [[nodiscard]] std::optional<Transition> apply(const ExperimentEvent& event, std::string& refusal);

  /// The end of the study. Running entries stay as they are: the host has sent them back to
  /// pending.
  void end(StudyOutcome outcome, Timestamp time);

 private:
  /// What only an entry that has finished tells, or one that is running of its attempt.
  struct Texts {
    std::optional<std::string> result_file;
    std::optional<std::string> error_type;
    std::optional<std::string> error_message;
    std::string attributes;  ///< running; JSON
  };

  /// Two cache lines: in a large study, whose entries nobody has touched for a while, a transition
  /// costs mostly the cache misses.
  struct alignas(128) Entry {  // NOLINT(bugprone-exception-escape): no member's move throws
    boost::container::string config_hash;  ///< up to 23 characters lie here, std::string's 15
    std::unique_ptr<Texts> texts;          ///< null: none
    std::int32_t cycle = 1;
    std::uint32_t attempts = 0;
    ExperimentState status = ExperimentState::pending;
    std::string config_summary;
    std::optional<Timestamp> started_at;
    std::optional<Timestamp> completed_at;
  };

  /// None of them moves, also not with the table.
  struct Entries {
    std::vector<Entry> initial;  ///< never grows
    std::deque<Entry> added;

    [[nodiscard]] std::size_t size() const { return initial.size() + added.size(); }
    [[nodiscard]] const Entry& operator[](std::size_t index) const {
      return index < initial.size() ? initial[index] : added[index - initial.size()];
    }
    [[nodiscard]] Entry& operator[](std::size_t index) {
      return index < initial.size() ? initial[index] : added[index - initial.size()];
    }
  };

  struct Key {
    std::string_view config_hash;
    std::int32_t cycle;
    friend bool operator==(const Key&, const Key&) = default;
  };
  /// Hash and equality of entries by their keys, which are in the entries alone.
  struct ByKey {
    using is_transparent = void;
    const Entries* entries;

    [[nodiscard]] static Key key(const Key& key) { return key; }
    [[nodiscard]] Key key(EntryIndex index) const {
      const Entry& entry = (*entries)[index];
      return {entry.config_hash, entry.cycle};
    }
    template <class One>
    [[nodiscard]] std::size_t operator()(const One& one) const {
      const Key of = key(one);
      // The odd multiplier spreads consecutive cycles over all of the hash.
      return std::hash<std::string_view>{}(of.config_hash) ^
             (std::uint64_t{static_cast<std::uint32_t>(of.cycle)} * 0x9e3779b97f4a7c15U);
    }
    template <class One, class Other>
    [[nodiscard]] bool operator()(const One& one, const Other& other) const {
      return key(one) == key(other);
    }
  };

  [[nodiscard]] const Entry& at(std::size_t index) const { return (*entries_)[index]; }
  [[nodiscard]] Entry& at(std::size_t index) { return (*entries_)[index]; }
  EntryTable(ManifestHead head, std::size_t size);
  void put(const ManifestEntryView& from);
  [[nodiscard]] static Entry make_entry(const ManifestEntryView& from);
  static void update(Entry& entry, const Transition& transition);

  ManifestHead head_;
  ManifestCounters counters_;
  std::unique_ptr<Entries> entries_ = std::make_unique<Entries>();
  boost::unordered_flat_set<EntryIndex, ByKey, ByKey> index_{0, ByKey{entries_.get()},
                                                             ByKey{entries_.get()}};
  std::uint64_t last_sequence_ = 0;
};

}  // namespace study
