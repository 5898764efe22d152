/// What the server has not acknowledged yet.
#pragma once

#include "postgres/change.hpp"

#include <cstddef>
#include <map>
#include <unordered_map>
#include <vector>

namespace study::postgres {

/// Changes in the order of their transitions, bounded by the number of entries however long it
/// grows: of each entry the first unacknowledged attempt and the last one, each as it was last.
///
/// The first is kept beside the last because the store may have it as running; without its end it
/// would stay so. Attempts between them, made and ended while the server was away, are left out
/// (unless they were sent once, so that the store may have them, too).
class Backlog {
 public:
  /// Adds one. Complexity: logarithmic.
  void add(Change change);

  /// Takes out at most `max` of the oldest, to be sent.
  [[nodiscard]] std::vector<Change> take(std::size_t max);

  /// Puts back what has been sent and was not acknowledged.
  void put_back(std::vector<Change> changes);

  [[nodiscard]] bool empty() const { return changes_.empty(); }
  [[nodiscard]] std::size_t size() const { return changes_.size(); }

  /// In the order of their transitions.
  [[nodiscard]] std::vector<Change> all() const;

 private:
  struct Kept {
    Change change;
    bool sent;
  };

  void insert(Kept kept);
  /// Leaves out of an entry's changes what need not be kept.
  void condense(checkpoint::EntryIndex entry);

  std::map<std::uint64_t, Kept> changes_;  ///< by sequence
  /// The sequences of each entry that has changes, in order.
  std::unordered_map<checkpoint::EntryIndex, std::vector<std::uint64_t>> of_entry_;
};

}  // namespace study::postgres
