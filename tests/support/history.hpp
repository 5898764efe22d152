/// The states that a sample study goes through, the same for whoever computes them.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "support/sample_study.hpp"

#include <random>
#include <string>
#include <utility>

namespace study_test {

/// Transition i happens at at(i * 1e-5), as fast as a host can send them. No entry ever completes,
/// so that it goes on for ever.
class History {
 public:
  explicit History(int entries, unsigned seed = 42)
      : random_(seed), table_(sample_manifest(entries)) {}

  /// The next transition and the event that brings it about.
  std::pair<OwnedEvent, study::checkpoint::Transition> advance() {
    ++position_;
    for (;;) {
      const auto entry = table_.entry(random_() % table_.size());
      OwnedEvent event = random_legal_event(random_, entry, at(position_ * 1e-5));
      if (event.state == study::ExperimentState::completed) {
        event.state = study::ExperimentState::failed;
        event.result_file.clear();
      }
      std::string refusal;
      if (auto transition = table_.apply(event.view(), refusal))
        return {std::move(event), *transition};
    }
  }

  [[nodiscard]] study::checkpoint::EntryTable& table() { return table_; }
  [[nodiscard]] const study::checkpoint::EntryTable& table() const { return table_; }
  [[nodiscard]] int position() const { return position_; }

 private:
  std::mt19937 random_;
  study::checkpoint::EntryTable table_;
  int position_ = 0;
};

}  // namespace study_test
