#include "journal/journal_replay.hpp"

#include "base/format.hpp"
#include "journal/journal_line.hpp"

#include <study/error.hpp>
#include <study/json.hpp>

#include <limits>
#include <utility>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>

namespace study::journal {
namespace {

using checkpoint::EntryIndex;
using checkpoint::EntryTable;

constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kManifestKey = ",\"manifest\":";

/// The parts of a study line: its own fields as an object, and the manifest in it. Only numbers and
/// a time are before the manifest, so that the first thing that looks like its key is its key.
struct StudyLine {
  std::string fields;
  std::string_view manifest;  ///< empty: there is none
};

StudyLine split_study_line(std::string_view line) {
  const std::size_t at = line.find(kManifestKey);
  if (at == std::string_view::npos) return {std::string(line), {}};
  std::string_view manifest = line.substr(at + kManifestKey.size());
  manifest = manifest.substr(0, manifest.rfind(','));  // the checksum's
  return {std::string(line.substr(0, at)) + "}", manifest};
}

EntryTable make_table(std::string_view manifest_text, const std::string& source) {
  try {
    return EntryTable(parse_manifest(manifest_text, source));
  } catch (const StudyError& error) {
    throw CheckpointError(CheckpointError::Kind::corrupt, source + ": " + error.what());
  }
}

std::optional<StudyOutcome> parse_outcome(std::string_view text) {
  for (const auto outcome :
       {StudyOutcome::completed, StudyOutcome::interrupted, StudyOutcome::failed}) {
    if (to_string(to_status(outcome)) == text) return outcome;
  }
  return std::nullopt;
}

}  // namespace

void copy_attempts(const EntryTable& from, EntryTable& to) {
  for (EntryIndex i = 0; i < to.size(); ++i) {
    const ManifestEntryView entry = to.entry(i);
    if (const auto known = from.find(entry.config_hash, entry.cycle)) {
      to.set_attempts(i, from.attempts(*known));
    }
  }
}

void JournalReplay::take(std::string_view line) {
  ++lines_;
  const std::string_view event = line_event(line);
  StudyLine parts;
  if (event == "study") {
    parts = split_study_line(line);
    line = parts.fields;
  }
  unsigned char arena_bytes[4096];
  boost::json::monotonic_resource arena(arena_bytes);
  boost::json::value parsed;
  try {
    parsed = parse_json(line, place(), &arena);
  } catch (const InputError& error) {
    throw CheckpointError(CheckpointError::Kind::corrupt, error.what());
  }
  if (!parsed.is_object()) refuse("the line is not an object");
  const Refusal refusal{*this};
  const Fields fields(parsed.get_object(), refusal);
  if (event == "study") check_format(fields);  // before anything that a later one may change
  const std::int64_t number = fields.count("seq", kGreatest);
  if (number != static_cast<std::int64_t>(lines_)) {
    refuse(study::format("seq is {} in line {}: lines have been removed, added or moved", number,
                         lines_));
  }
  if (event == "study") return take_study(parts.manifest);
  if (!table_) refuse("a journal begins with a study line");
  if (has_ended_) refuse("the study has ended before this line");
  if (event == "state") return take_state(fields);
  if (event == "added") return take_added(fields);
  if (event == "end") return take_end(fields);
  refuse("event must be study, state, added or end");
}

void JournalReplay::check_format(const Fields& fields) const {
  const std::int64_t format = fields.count("format", kGreatest);
  if (format <= kFormatVersion) return;
  throw CheckpointError(CheckpointError::Kind::newer_version,
                        study::format("{}: format is {}, and this program reads {}: use the newer "
                                      "program that wrote it",
                                      place(), format, kFormatVersion));
}

void JournalReplay::take_study(std::string_view manifest_text) {
  EntryTable next = make_table(manifest_text, place());
  if (attempts_ != nullptr) attempts_->interrupt_all();
  if (table_) copy_attempts(*table_, next);
  table_.emplace(std::move(next));
  has_ended_ = false;
}

void JournalReplay::take_state(const Fields& fields) {
  const auto state = parse_experiment_state(fields.text("state"));
  if (!state) refuse("state must be pending, running, completed or failed");
  const std::int64_t cycle = fields.count("cycle", std::numeric_limits<std::int32_t>::max());
  const ExperimentEvent event{.config_hash = fields.text("config_hash"),
                              .cycle = static_cast<std::int32_t>(cycle),
                              .state = *state,
                              .time = fields.time("time"),
                              .result_file = fields.text_if_given("result_file"),
                              .error_type = fields.text_if_given("error_type"),
                              .error_message = fields.text_if_given("error_message")};
  std::string refusal;
  auto transition = table_->apply(event, refusal);
  if (!transition) refuse(refusal);
  transition->attempt = static_cast<std::uint32_t>(
      fields.count("attempt", std::numeric_limits<std::uint32_t>::max()));
  table_->set_attempts(transition->entry, transition->attempt);
  if (attempts_ == nullptr) return;
  if (const auto* attributes = fields.optional("attributes")) {
    if (!attributes->is_object()) refuse("attributes must be an object");
    append_json(transition->attributes, *attributes);
  }
  attempts_->move(table_->entry(transition->entry), *transition);
}

void JournalReplay::take_added(const Fields& fields) {
  for (const boost::json::value& value : fields.array("entries")) {
    if (!value.is_object()) refuse("entries must be objects");
    const Refusal refusal{*this};
    const Fields entry(value.get_object(), refusal);
    const std::int64_t cycle = entry.count("cycle", std::numeric_limits<std::int32_t>::max());
    const std::string_view config_hash = entry.text("config_hash");
    if (!table_->add(config_hash, entry.text("config_summary"), static_cast<std::int32_t>(cycle))) {
      refuse(
          study::format("{} cycle {} is added, and the study has it already", config_hash, cycle));
    }
  }
  table_->set_study_design_hash(std::string(fields.text("study_design_hash")));
}

void JournalReplay::take_end(const Fields& fields) {
  const auto outcome = parse_outcome(fields.text("status"));
  if (!outcome) refuse("status must be completed, interrupted or failed");
  table_->end(*outcome, fields.time("time"));
  has_ended_ = true;
}

std::string JournalReplay::place() const {
  return study::format("{}:{}", path_, lines_);
}

void JournalReplay::refuse(const std::string& what) const {
  throw CheckpointError(CheckpointError::Kind::corrupt, place() + ": " + what);
}

void JournalReplay::Refusal::operator()(std::string_view key, const std::string& what) const {
  replay.refuse(study::format("{} {}", key, what));
}

}  // namespace study::journal
