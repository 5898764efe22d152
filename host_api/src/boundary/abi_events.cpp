#include "boundary/abi_events.hpp"

#include <study/text.hpp>

#include <chrono>
#include <cstdint>
#include <new>

namespace study {

namespace {

// The years 0000 to 9999, which is what RFC 3339 can express.
constexpr std::int64_t kFirstTimeUs = -62'167'219'200'000'000;
constexpr std::int64_t kLastTimeUs = 253'402'300'799'999'999;

std::string_view utf8_of(study_string text, const std::string& member) {
  const std::string_view view = text_of(text, member);
  if (!is_valid_utf8(view)) throw BadEvent(member + " is not UTF-8");
  return view;
}

/// `text` itself, or what is kept in `repaired` if it is ill-formed.
std::string_view repaired(std::string_view text, std::string& repaired) {
  if (is_valid_utf8(text)) return text;
  repaired = to_valid_utf8(text);
  return repaired;
}

Timestamp time_of(std::int64_t time_us) {
  if (time_us < kFirstTimeUs || time_us > kLastTimeUs) {
    throw BadEvent("time_us " + std::to_string(time_us) + " is not between the years 0 and 9999");
  }
  return Timestamp(std::chrono::microseconds(time_us));
}

/// Runs a parser of text from the host.
template <class Parse>
auto parsed(const std::string& member, Parse&& parse) {
  try {
    return parse();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& exception) {
    throw BadEvent(member + ": " + exception.what());
  }
}

ExperimentState state_of(std::int32_t state) {
  if (state < STUDY_PENDING || state > STUDY_EXPERIMENT_FAILED) {
    throw BadEvent("state " + std::to_string(state) + " is none that exists");
  }
  return static_cast<ExperimentState>(state);
}

StudyConfig config_of(const study_start_event& event) {
  const std::string_view text = utf8_of(event.study_config, "study_config");
  return parsed("study_config", [&] { return parse_study_config(text); });
}

std::optional<StudyManifest> manifest_of(const study_start_event& event) {
  const std::string_view text = utf8_of(event.resume_from, "resume_from");
  if (text.empty()) return std::nullopt;
  return parsed("resume_from", [&] { return parse_manifest(text, "the manifest"); });
}

}  // namespace

std::string_view text_of(study_string text, const std::string& member) {
  const auto view = from_abi(text);
  if (!view) throw BadEvent(member + " has a size but no data");
  return *view;
}

StartEvent::StartEvent(const study_start_event& event)
    : study_dir_(std::string(text_of(event.study_dir, "study_dir"))),
      config_(config_of(event)),
      time_(time_of(event.time_us)),
      resume_from_(manifest_of(event)) {
  if (study_dir_.empty()) throw BadEvent("study_dir is empty");
}

TransitionEvent::TransitionEvent(const study_experiment_event& event) {
  event_.config_hash = utf8_of(event.config_hash, "config_hash");
  if (event_.config_hash.empty()) throw BadEvent("config_hash is empty");
  if (event.cycle < 1) throw BadEvent("cycle " + std::to_string(event.cycle) + " is below 1");
  event_.cycle = event.cycle;
  event_.state = state_of(event.state);
  event_.time = time_of(event.time_us);
  event_.result_file = utf8_of(event.result_file, "result_file");
  event_.error_type = repaired(text_of(event.error_type, "error_type"), repaired_type_);
  event_.error_message = repaired(text_of(event.error_message, "error_message"), repaired_message_);
}

StudyEnd to_study_end(const study_end_event& event) {
  if (event.outcome < STUDY_OUTCOME_COMPLETED || event.outcome > STUDY_OUTCOME_FAILED) {
    throw BadEvent("outcome " + std::to_string(event.outcome) + " is none that exists");
  }
  return {static_cast<StudyOutcome>(event.outcome), time_of(event.time_us)};
}

CheckpointQuery to_query(const study_checkpoint_query& query) {
  CheckpointQuery result;
  result.study_dir = std::string(text_of(query.study_dir, "study_dir"));
  result.study_name = std::string(utf8_of(query.study_name, "study_name"));
  result.results_dir = std::string(text_of(query.results_dir, "results_dir"));
  if (result.study_dir.empty() && result.study_name.empty()) {
    throw BadEvent("read_checkpoint: neither study_dir nor study_name is given");
  }
  return result;
}

}  // namespace study
