#include "checkpoint/entry_table.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <functional>
#include <utility>

namespace study::checkpoint {
namespace {

[[nodiscard]] bool is_legal(ExperimentState from, ExperimentState to) {
  switch (from) {
    case ExperimentState::pending:
      return to == ExperimentState::running || to == ExperimentState::failed;
    case ExperimentState::running:
      return to != ExperimentState::running;
    case ExperimentState::failed:
      return to == ExperimentState::running;
    case ExperimentState::completed:
      return false;
  }
  return false;
}

/// The counter that an entry in `state` is counted by.
[[nodiscard]] std::int64_t& counter_of(ManifestCounters& counters, ExperimentState state) {
  switch (state) {
    case ExperimentState::completed:
      return counters.completed;
    case ExperimentState::failed:
      return counters.failed;
    default:
      return counters.pending;
  }
}

[[nodiscard]] std::string describe(const ExperimentEvent& event) {
  return to_valid_utf8(event.config_hash) + " cycle " + std::to_string(event.cycle);
}

/// Makes an entry say what one that has never run says.
void clear(ManifestEntry& entry) {
  entry = {.config_hash = std::move(entry.config_hash),
           .config_summary = std::move(entry.config_summary),
           .cycle = entry.cycle};
}

/// What an entry says after `transition`: exactly what belongs to its new state.
void update(ManifestEntry& entry, const Transition& transition) {
  const auto text = [](const std::string& value) {
    return value.empty() ? std::nullopt : std::optional<std::string>(value);
  };
  const bool finished =
      transition.state == ExperimentState::completed || transition.state == ExperimentState::failed;
  if (transition.state == ExperimentState::running) {
    entry.started_at = transition.time;
  } else if (transition.state == ExperimentState::pending) {
    entry.started_at.reset();
  }
  entry.status = transition.state;
  entry.completed_at = finished ? std::optional(transition.time) : std::nullopt;
  entry.result_file = text(transition.result_file);
  entry.error_type = text(transition.error_type);
  entry.error_message = text(transition.error_message);
}

}  // namespace

std::size_t EntryTable::KeyHash::operator()(const Key& key) const noexcept {
  // The odd multiplier spreads consecutive cycles; equal hashes of different cycles would share a
  // bucket.
  return std::hash<std::string_view>{}(key.config_hash) ^
         (static_cast<std::size_t>(static_cast<std::uint32_t>(key.cycle)) * 0x9e3779b97f4a7c15U);
}

EntryTable::EntryTable(StudyManifest manifest)
    : manifest_(std::move(manifest)), attempts_(manifest_.experiments.size()) {
  manifest_.head.status = StudyStatus::running;
  manifest_.head.completed_at.reset();
  index_.reserve(manifest_.experiments.size());
  for (EntryIndex i = 0; i < manifest_.experiments.size(); ++i) {
    ManifestEntry& entry = manifest_.experiments[i];
    if (entry.status == ExperimentState::running || entry.status == ExperimentState::pending) {
      clear(entry);
    }
    if (!index_.emplace(Key{entry.config_hash, entry.cycle}, i).second) {
      throw StudyError("the study has two entries for " + entry.config_hash + " cycle " +
                       std::to_string(entry.cycle));
    }
    ++counter_of(counters_, entry.status);
  }
}

std::optional<EntryIndex> EntryTable::find(std::string_view config_hash, std::int32_t cycle) const {
  const auto found = index_.find(Key{config_hash, cycle});
  return found == index_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Transition> EntryTable::apply(const ExperimentEvent& event, std::string& refusal) {
  const std::optional<EntryIndex> index = find(event.config_hash, event.cycle);
  if (!index) {
    refusal = describe(event) + " is not an experiment of this study";
    return std::nullopt;
  }
  ManifestEntry& entry = manifest_.experiments[*index];
  if (!is_legal(entry.status, event.state)) {
    refusal = describe(event) + " is " + std::string(to_string(entry.status)) +
              " and can't become " + std::string(to_string(event.state));
    return std::nullopt;
  }

  Transition transition;
  transition.entry = *index;
  transition.sequence = ++last_sequence_;
  transition.state = event.state;
  transition.time = event.time;
  if (event.state == ExperimentState::completed) {
    transition.result_file = to_valid_utf8(event.result_file);
  } else if (event.state == ExperimentState::failed) {
    transition.error_type = failure_type(event.error_type);
    transition.error_message = failure_message(event.error_message);
  }
  // An experiment that could not be started has made its attempt, too.
  if (entry.status != ExperimentState::running) ++attempts_[*index];
  transition.attempt = attempts_[*index];

  --counter_of(counters_, entry.status);
  ++counter_of(counters_, event.state);
  update(entry, transition);
  return transition;
}

void EntryTable::end(StudyOutcome outcome, Timestamp time) {
  manifest_.head.status = to_status(outcome);
  manifest_.head.completed_at = time;
}

}  // namespace study::checkpoint
