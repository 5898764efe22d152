#include "postgres/backlog.hpp"

#include <algorithm>
#include <utility>

namespace study::postgres {

void Backlog::add(Change change) {
  const checkpoint::EntryIndex entry = change.entry;
  insert({std::move(change), false});
  condense(entry);
}

void Backlog::put_back(std::vector<Change> changes) {
  // All of them first: one by one, what came meanwhile would pass for attempts in between.
  std::vector<checkpoint::EntryIndex> entries;
  for (Change& change : changes) {
    entries.push_back(change.entry);
    insert({std::move(change), true});
  }
  for (const checkpoint::EntryIndex entry : entries) condense(entry);
}

void Backlog::insert(Kept kept) {
  auto& sequences = of_entry_[kept.change.entry];
  const std::uint64_t sequence = kept.change.sequence;
  sequences.insert(std::upper_bound(sequences.begin(), sequences.end(), sequence), sequence);
  changes_.emplace(sequence, std::move(kept));
}

void Backlog::condense(checkpoint::EntryIndex entry) {
  auto& sequences = of_entry_.at(entry);
  // A later state of the same attempt takes the place of an earlier one; the last attempt that of
  // those between it and the first.
  for (std::size_t i = 1; i < sequences.size();) {
    Kept& earlier = changes_.at(sequences[i - 1]);
    Kept& later = changes_.at(sequences[i]);
    const bool same_attempt = earlier.change.attempt == later.change.attempt;
    if (same_attempt || (i >= 2 && !earlier.sent)) {
      if (same_attempt) later.sent = later.sent || earlier.sent;
      changes_.erase(sequences[i - 1]);
      sequences.erase(sequences.begin() + static_cast<std::ptrdiff_t>(i - 1));
      if (i > 1) --i;
    } else {
      ++i;
    }
  }
}

std::vector<Change> Backlog::take(std::size_t max) {
  std::vector<Change> taken;
  while (!changes_.empty() && taken.size() < max) {
    const auto first = changes_.begin();
    auto& sequences = of_entry_.at(first->second.change.entry);
    sequences.erase(sequences.begin());
    if (sequences.empty()) of_entry_.erase(first->second.change.entry);
    taken.push_back(std::move(first->second.change));
    changes_.erase(first);
  }
  return taken;
}

std::vector<Change> Backlog::all() const {
  std::vector<Change> result;
  result.reserve(changes_.size());
  for (const auto& [sequence, kept] : changes_) result.push_back(kept.change);
  return result;
}

}  // namespace study::postgres
