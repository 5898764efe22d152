/// Which attempt a transition belongs to, and what its row looks like after it.
#pragma once

#include "postgres/change.hpp"

#include <span>
#include <vector>

namespace study::postgres {

/// Numbers the attempts of a study: `checkpoint::Transition` counts them since the study was
/// started or resumed, the store since the study began.
class Attempts {
 public:
  /// `last_stored`: for each entry the number of its last attempt in the store, 0 if it has none.
  explicit Attempts(std::vector<std::int32_t> last_stored);

  /// The changes of the transitions that it has not been asked for before. They come in order and
  /// may be handed over again, as `checkpoint::Sink::commit` says.
  [[nodiscard]] std::vector<Change> take(std::span<const checkpoint::Transition> transitions);

 private:
  struct Entry {
    std::int32_t last_stored = 0;
    std::uint32_t started = 0;  ///< the last attempt, since the study was opened, that has started
    Timestamp started_at;
  };

  [[nodiscard]] Change change_of(const checkpoint::Transition& transition);

  std::vector<Entry> entries_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace study::postgres
