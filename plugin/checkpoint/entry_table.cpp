#include "checkpoint/entry_table.hpp"

#include "checkpoint/huge_page_resource.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <algorithm>
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

[[nodiscard]] std::uint64_t hash_of(std::string_view config_hash, std::int32_t cycle) {
  // The odd multiplier spreads consecutive cycles over both halves of the hash.
  return std::hash<std::string_view>{}(config_hash) ^
         (std::uint64_t{static_cast<std::uint32_t>(cycle)} * 0x9e3779b97f4a7c15U);
}

[[nodiscard]] OptionalTexts<2> names_of(const ManifestEntryView& entry) {
  return {entry.config_hash, entry.config_summary};
}

[[nodiscard]] std::size_t names_bytes(std::span<const ManifestEntryView> entries) {
  std::size_t bytes = 0;
  for (const ManifestEntryView& entry : entries) bytes += packed_bytes(names_of(entry));
  return bytes;
}

[[nodiscard]] std::vector<ManifestEntryView> views(const std::vector<ManifestEntry>& entries) {
  return {entries.begin(), entries.end()};
}

[[nodiscard]] std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

}  // namespace

EntryTable::EntryTable(ManifestHead head, std::span<const ManifestEntryView> entries)
    : head_(std::move(head)),
      memory_(std::make_unique<std::pmr::monotonic_buffer_resource>(
          names_bytes(entries) + entries.size() * sizeof(Entry) + alignof(Entry) +
              KeyIndex::bytes(entries.size()),
          &huge_page_resource())),
      names_(names_bytes(entries), memory_.get()),
      entries_(memory_.get()),
      index_(entries.size(), *memory_) {
  head_.status = StudyStatus::running;
  head_.completed_at.reset();
  entries_.reserve(entries.size());
  char* names = names_.data();
  for (const ManifestEntryView& from : entries) {
    if (find(from.config_hash, from.cycle)) {
      throw StudyError("the study has two entries for " + std::string(from.config_hash) +
                       " cycle " + std::to_string(from.cycle));
    }
    index_.insert(hash_of(from.config_hash, from.cycle), static_cast<EntryIndex>(entries_.size()));
    const Entry& entry = entries_.emplace_back(make_entry(from, names));
    ++counter_of(counters_, entry.status);
  }
}

EntryTable::EntryTable(const StudyManifest& manifest)
    : EntryTable(manifest.head, views(manifest.experiments)) {}

EntryTable::Entry EntryTable::make_entry(const ManifestEntryView& from, char*& names) {
  Entry entry;
  entry.names = names;
  names = pack(names_of(from), names);
  entry.has_usual_hash = from.config_hash.size() == kUsualHashBytes;
  if (entry.has_usual_hash) std::ranges::copy(from.config_hash, entry.usual_hash.begin());
  entry.cycle = from.cycle;
  if (from.status == ExperimentState::running || from.status == ExperimentState::pending) {
    return entry;
  }
  entry.status = from.status;
  entry.started_at = from.started_at.value_or(kNever);
  entry.completed_at = from.completed_at.value_or(kNever);
  entry.texts = PackedTexts<3>({from.result_file, from.error_type, from.error_message});
  return entry;
}

bool EntryTable::Entry::has_hash(std::string_view config_hash) const {
  if (has_usual_hash != (config_hash.size() == kUsualHashBytes)) return false;
  if (has_usual_hash) return std::string_view(usual_hash.data(), usual_hash.size()) == config_hash;
  return unpack<2>(names)[0] == config_hash;
}

ManifestEntryView EntryTable::entry(std::size_t index) const {
  const auto time = [](Timestamp value) {
    return value == kNever ? std::nullopt : std::optional(value);
  };
  const Entry& entry = entries_[index];
  const auto names = unpack<2>(entry.names);
  const auto texts = entry.texts.views();
  ManifestEntryView view;
  view.config_hash = *names[0];
  view.config_summary = *names[1];
  view.cycle = entry.cycle;
  view.status = entry.status;
  view.result_file = texts[0];
  view.error_type = texts[1];
  view.error_message = texts[2];
  view.started_at = time(entry.started_at);
  view.completed_at = time(entry.completed_at);
  return view;
}

StudyManifest EntryTable::manifest() const {
  StudyManifest manifest{.head = head_, .experiments = {}};
  manifest.experiments.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) manifest.experiments.push_back(entry(i).copy());
  return manifest;
}

std::optional<EntryIndex> EntryTable::find(std::string_view config_hash, std::int32_t cycle) const {
  return index_.find(hash_of(config_hash, cycle), [&](EntryIndex index) {
    return entries_[index].cycle == cycle && entries_[index].has_hash(config_hash);
  });
}

std::optional<Transition> EntryTable::apply(const ExperimentEvent& event, std::string& refusal) {
  const std::optional<EntryIndex> index = find(event.config_hash, event.cycle);
  if (!index) {
    refusal = describe(event) + " is not an experiment of this study";
    return std::nullopt;
  }
  Entry& entry = entries_[*index];
  // The sink is going to tell them: usually two lines.
  __builtin_prefetch(entry.names);
  __builtin_prefetch(entry.names + sizeof(Entry));
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
  if (entry.status != ExperimentState::running) ++entry.attempts;
  transition.attempt = entry.attempts;

  --counter_of(counters_, entry.status);
  ++counter_of(counters_, event.state);
  update(entry, transition);
  return transition;
}

/// What an entry says after `transition`: exactly what belongs to its new state.
void EntryTable::update(Entry& entry, const Transition& transition) {
  const bool finished =
      transition.state == ExperimentState::completed || transition.state == ExperimentState::failed;
  if (transition.state == ExperimentState::running) {
    entry.started_at = transition.time;
  } else if (transition.state == ExperimentState::pending) {
    entry.started_at = kNever;
  }
  entry.status = transition.state;
  entry.completed_at = finished ? transition.time : kNever;
  entry.texts =
      PackedTexts<3>({unless_empty(transition.result_file), unless_empty(transition.error_type),
                      unless_empty(transition.error_message)});
}

void EntryTable::end(StudyOutcome outcome, Timestamp time) {
  head_.status = to_status(outcome);
  head_.completed_at = time;
}

}  // namespace study::checkpoint
