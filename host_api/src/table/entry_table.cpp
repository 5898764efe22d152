#include "table/entry_table.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace study {
namespace {

[[nodiscard]] bool is_legal(ExperimentState from, ExperimentState to) {
  switch (from) {
    case ExperimentState::pending:
      return to != ExperimentState::pending;
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

[[nodiscard]] std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

[[nodiscard]] boost::json::object parse_attributes(std::string_view json) {
  boost::json::value value = parse_json(json, "attributes");
  if (!value.is_object()) throw InputError("attributes: must be an object");
  return std::move(value.get_object());
}

/// The members of both, on one line; those of `newer` win.
[[nodiscard]] std::string merge_attributes(std::string_view older, std::string_view newer) {
  if (newer.empty()) return std::string(older);
  boost::json::object members;
  if (!older.empty()) members = parse_attributes(older);
  for (auto& member : parse_attributes(newer)) {
    members.insert_or_assign(member.key(), std::move(member.value()));
  }
  std::string json;
  append_json(json, members);
  return json;
}

[[nodiscard]] std::optional<std::string> copy(const std::optional<std::string_view>& text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

}  // namespace

EntryTable::EntryTable(ManifestHead head, std::size_t size) : head_(std::move(head)) {
  head_.status = StudyStatus::running;
  head_.completed_at.reset();
  entries_->initial.reserve(size);
  index_.reserve(size);
}

void EntryTable::put(const ManifestEntryView& from) {
  const auto next = static_cast<EntryIndex>(entries_->initial.size());
  const Entry& entry = entries_->initial.emplace_back(make_entry(from));
  if (!index_.insert(next).second) {
    throw StudyError("the study has two entries for " + std::string(from.config_hash) + " cycle " +
                     std::to_string(from.cycle));
  }
  ++counter_of(counters_, entry.status);
}

EntryTable::EntryTable(ManifestHead head, std::span<const ManifestEntryView> entries)
    : EntryTable(std::move(head), entries.size()) {
  for (const ManifestEntryView& entry : entries) put(entry);
}

EntryTable::EntryTable(ManifestHead head, const StudyPlan& plan)
    : EntryTable(std::move(head), plan.total_runs()) {
  for_each_initial_entry(plan, [this](const ManifestEntryView& entry) { put(entry); });
}

EntryTable::EntryTable(const StudyManifest& manifest)
    : EntryTable(manifest.head, manifest.experiments.size()) {
  for (const ManifestEntry& entry : manifest.experiments) put(ManifestEntryView(entry));
}

bool EntryTable::add(std::string_view config_hash, std::string_view config_summary,
                     std::int32_t cycle) {
  if (find(config_hash, cycle)) return false;
  const auto next = static_cast<EntryIndex>(size());
  ManifestEntryView view;
  view.config_hash = config_hash;
  view.config_summary = config_summary;
  view.cycle = cycle;
  entries_->added.push_back(make_entry(view));
  try {
    index_.insert(next);
  } catch (...) {
    entries_->added.pop_back();
    throw;
  }
  ++counters_.pending;
  return true;
}

EntryTable::Entry EntryTable::make_entry(const ManifestEntryView& from) {
  Entry entry;
  entry.config_hash.assign(from.config_hash.data(), from.config_hash.size());
  entry.config_summary = from.config_summary;
  entry.cycle = from.cycle;
  if (from.status == ExperimentState::running || from.status == ExperimentState::pending) {
    return entry;
  }
  entry.status = from.status;
  entry.started_at = from.started_at;
  entry.completed_at = from.completed_at;
  if (from.result_file || from.error_type || from.error_message) {
    entry.texts = std::make_unique<Texts>(
        Texts{copy(from.result_file), copy(from.error_type), copy(from.error_message), {}});
  }
  return entry;
}

ManifestEntryView EntryTable::entry(std::size_t index) const {
  const Entry& entry = at(index);
  ManifestEntryView view;
  view.config_hash = entry.config_hash;
  view.config_summary = entry.config_summary;
  view.cycle = entry.cycle;
  view.status = entry.status;
  view.started_at = entry.started_at;
  view.completed_at = entry.completed_at;
  if (entry.texts) {
    view.result_file = entry.texts->result_file;
    view.error_type = entry.texts->error_type;
    view.error_message = entry.texts->error_message;
  }
  return view;
}

StudyManifest EntryTable::manifest() const {
  StudyManifest manifest{.head = head_, .experiments = {}};
  manifest.experiments.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) manifest.experiments.push_back(entry(i).copy());
  return manifest;
}

std::optional<EntryIndex> EntryTable::find(std::string_view config_hash, std::int32_t cycle) const {
  const auto found = index_.find(Key{config_hash, cycle});
  return found == index_.end() ? std::nullopt : std::optional(*found);
}

std::optional<Transition> EntryTable::apply(const ExperimentEvent& event, std::string& refusal) {
  const std::optional<EntryIndex> index = find(event.config_hash, event.cycle);
  if (!index) {
    refusal = describe(event) + " is not an experiment of this study";
    return std::nullopt;
  }
  Entry& entry = at(*index);
  if (!is_legal(entry.status, event.state)) {
    refusal = describe(event) + " is " + std::string(to_string(entry.status)) +
              " and can't become " + std::string(to_string(event.state));
    return std::nullopt;
  }

  Transition transition;
  transition.entry = *index;
  transition.attributes =
      merge_attributes(entry.texts ? entry.texts->attributes : std::string(), event.attributes);
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
    entry.started_at.reset();
  }
  entry.status = transition.state;
  entry.completed_at = finished ? std::optional(transition.time) : std::nullopt;
  entry.texts.reset();
  if (transition.state == ExperimentState::running && !transition.attributes.empty()) {
    entry.texts = std::make_unique<Texts>(Texts{.attributes = transition.attributes});
  }
  if (finished) {
    entry.texts = std::make_unique<Texts>(Texts{unless_empty(transition.result_file),
                                                unless_empty(transition.error_type),
                                                unless_empty(transition.error_message),
                                                {}});
  }
}

void EntryTable::end(StudyOutcome outcome, Timestamp time) {
  head_.status = to_status(outcome);
  head_.completed_at = time;
}

}  // namespace study
