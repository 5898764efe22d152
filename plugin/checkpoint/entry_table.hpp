/// The state of every experiment of a study, and the only place that decides which transitions are
/// legal.
#pragma once

#include <study/manifest.hpp>
#include <study/observer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

namespace study::checkpoint {

/// The position of an entry in the table and in the manifest.
using EntryIndex = std::uint32_t;

/// A transition that the table has accepted. It stands for itself: the entry may have moved on
/// since.
struct Transition {
  EntryIndex entry = 0;
  std::uint64_t sequence = 0;  ///< 1, 2, 3, … since the study was started or resumed
  std::uint32_t attempt =
      0;  ///< at this entry, since then: how often it has entered `running`, at least 1
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
  /// From a new study's initial manifest or the settled one of a resumed study. Running entries
  /// become pending, because their writer is gone, and a pending entry tells neither times nor
  /// texts. Throws `StudyError` if a (config_hash, cycle) appears twice.
  explicit EntryTable(StudyManifest manifest);

  EntryTable(EntryTable&&) = default;
  EntryTable& operator=(EntryTable&&) = default;

  [[nodiscard]] const ManifestHead& head() const { return manifest_.head; }
  [[nodiscard]] const ManifestCounters& counters() const { return counters_; }
  [[nodiscard]] std::span<const ManifestEntry> entries() const { return manifest_.experiments; }
  [[nodiscard]] const StudyManifest& manifest() const { return manifest_; }

  /// Constant time. Empty if the study has no such entry.
  [[nodiscard]] std::optional<EntryIndex> find(std::string_view config_hash,
                                               std::int32_t cycle) const;

  /// `Transition::attempt` of the entry's last transition; 0 before the first.
  [[nodiscard]] std::uint32_t attempts(EntryIndex entry) const { return attempts_[entry]; }

  /// Takes the transition that `event` tells of, in constant time, or returns nothing and leaves in
  /// `refusal` why it can't be taken.
  [[nodiscard]] std::optional<Transition> apply(const ExperimentEvent& event, std::string& refusal);

  /// The end of the study. Running entries stay as they are: the host has sent them back to
  /// pending.
  void end(StudyOutcome outcome, Timestamp time);

 private:
  struct Key {
    std::string_view config_hash;  ///< of the entry itself, whose string never moves
    std::int32_t cycle;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  StudyManifest manifest_;
  ManifestCounters counters_;
  /// Flat: a look-up in a large table that nobody has touched for a while misses the cache once,
  /// not three times.
  boost::unordered_flat_map<Key, EntryIndex, KeyHash> index_;
  std::vector<std::uint32_t> attempts_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace study::checkpoint
