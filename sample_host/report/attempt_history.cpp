#include "report/attempt_history.hpp"

#include <study/json.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/json/value.hpp>

namespace host {
namespace {

using study::AttemptState;
using study::StudyAttempt;
using study::Timestamp;

std::int32_t slot_of(const std::string& attributes) {
  constexpr std::int64_t kMostSlots = 100'000;
  if (attributes.find("\"slot\"") == std::string::npos) return -1;
  const boost::json::value parsed = study::parse_json(attributes, "attributes");
  const auto* const slot = parsed.get_object().if_contains("slot");
  const bool fits = slot != nullptr && slot->is_int64() && slot->get_int64() >= 0 &&
                    slot->get_int64() < kMostSlots;
  return fits ? static_cast<std::int32_t>(slot->get_int64()) : -1;
}

AttemptEnd end_of(AttemptState state) {
  switch (state) {
    case AttemptState::completed:
      return AttemptEnd::completed;
    case AttemptState::failed:
      return AttemptEnd::failed;
    case AttemptState::interrupted:
      return AttemptEnd::interrupted;
    case AttemptState::running:
      break;
  }
  return AttemptEnd::none;
}

/// Which one: vectors grow while attempts come.
struct Place {
  std::vector<Attempt>* run;  ///< of a map, where values don't move
  std::size_t number;

  [[nodiscard]] Attempt& operator*() const { return (*run)[number]; }
};

/// One of which nobody knows when it ended, but that it was before `bound`.
struct EndlessAttempt {
  Attempt* attempt;
  Timestamp bound;
};

class Collection {
 public:
  void take(const StudyAttempt& given) {
    if (given.started_at) times_.push_back(*given.started_at);
    if (given.ended_at) times_.push_back(*given.ended_at);
    if (!given.started_at) return;  // it could not be started, or its result was there
    std::vector<Attempt>& run = history_.runs[run_key(given.config_hash, given.cycle)];
    run.push_back({*given.started_at, given.ended_at.value_or(*given.started_at),
                   end_of(given.state), slot_of(given.attributes)});
    ++history_.size;
    if (run.back().slot >= 0) starts_[run.back().slot].push_back(run.back().started_at);
    if (!given.ended_at) endless_.push_back({&run, run.size() - 1});
  }

  AttemptHistory finish(std::string problem) {
    history_.problem = std::move(problem);
    if (!endless_.empty()) estimate_ends();
    return std::move(history_);
  }

 private:
  [[nodiscard]] Timestamp bound_of(const Place& place) const {
    Timestamp bound = Timestamp::max();
    const Attempt& attempt = *place;
    if (place.number + 1 < place.run->size()) bound = (*place.run)[place.number + 1].started_at;
    const auto starts = starts_.find(attempt.slot);
    if (starts == starts_.end()) return bound;
    const auto next =
        std::upper_bound(starts->second.begin(), starts->second.end(), attempt.started_at);
    return next == starts->second.end() ? bound : std::min(bound, *next);
  }

  [[nodiscard]] std::vector<EndlessAttempt> sorted_endless() const {
    std::vector<EndlessAttempt> endless;
    endless.reserve(endless_.size());
    for (const Place& place : endless_) endless.push_back({&*place, bound_of(place)});
    std::sort(endless.begin(), endless.end(), [](const auto& a, const auto& b) {
      return a.attempt->started_at < b.attempt->started_at;
    });
    return endless;
  }

  /// What runs at the same time ends with the same host.
  void estimate_ends() {
    std::sort(times_.begin(), times_.end());
    for (auto& [slot, starts] : starts_) std::sort(starts.begin(), starts.end());
    const std::vector<EndlessAttempt> endless = sorted_endless();
    for (auto first = endless.begin(); first != endless.end();) {
      Timestamp bound = first->bound;
      auto end = first + 1;
      for (; end != endless.end() && end->attempt->started_at < bound; ++end) {
        bound = std::min(bound, end->bound);
      }
      const auto heard = std::lower_bound(times_.begin(), times_.end(), bound);
      for (; first != end; ++first) {
        Attempt& attempt = *first->attempt;
        if (heard != times_.begin()) attempt.ended_at = std::max(attempt.started_at, heard[-1]);
      }
    }
  }

  AttemptHistory history_;
  std::vector<Timestamp> times_;  ///< at which anything was heard
  std::unordered_map<std::int32_t, std::vector<Timestamp>> starts_;  ///< by slot
  std::vector<Place> endless_;
};

}  // namespace

std::string run_key(std::string_view config_hash, std::int32_t cycle) {
  return std::string(config_hash) + "." + std::to_string(cycle);
}

AttemptHistory collect_attempts(study::StudyObserver& observer,
                                const study::CheckpointQuery& query) {
  Collection collection;
  try {
    static_cast<void>(observer.read_attempts(
        query, [&](const StudyAttempt& attempt) { collection.take(attempt); }));
  } catch (const std::exception& error) {
    return collection.finish(error.what());
  }
  return collection.finish({});
}

AttemptHistory longest_history(std::span<const study::NamedObserver> observers,
                               const study::CheckpointQuery& query, const study::LogFunction& log) {
  AttemptHistory longest;
  std::string longest_name;
  for (const auto& [name, observer] : observers) {
    AttemptHistory other = collect_attempts(*observer, query);
    std::string other_name = name;
    const bool is_first_problem = longest.size == 0 && longest.problem.empty();
    if (other.size > longest.size || (other.size == longest.size && is_first_problem)) {
      std::swap(other, longest);
      std::swap(other_name, longest_name);
    }
    if (other.problem.empty()) continue;
    log(study::LogSeverity::warning, other_name, "its attempts can't be read: " + other.problem);
  }
  return longest;
}

}  // namespace host
