/// Which attempt a transition belongs to, and what its row looks like after it.
#pragma once

#include "postgres/change.hpp"

#include <vector>

namespace study::postgres {

/// Numbers the attempts of a study: `checkpoint::Transition` counts them since the study was
/// started or resumed, the store since the study began.
class Attempts {
 public:
  /// `last_stored`: for each entry the number of its last attempt in the store, 0 if it has none.
  explicit Attempts(std::vector<std::int32_t> last_stored);

  /// The row after `transition`. They come in order, each once.
  [[nodiscard]] Change take(const checkpoint::Transition& transition);

 private:
  struct Entry {
    std::int32_t last_stored = 0;
    std::uint32_t started = 0;  ///< the last attempt, since the study was opened, that has started
    Timestamp started_at;
  };

  std::vector<Entry> entries_;
};

}  // namespace study::postgres
