#include "boundary/given_event.hpp"

#include <study/json.hpp>
#include <study/text.hpp>

#include <chrono>
#include <exception>
#include <new>

#include <boost/json/value.hpp>

namespace study {
namespace {

// The years 0000 to 9999, which is what RFC 3339 can express.
constexpr std::int64_t kFirstTimeUs = -62'167'219'200'000'000;
constexpr std::int64_t kLastTimeUs = 253'402'300'799'999'999;

std::string_view utf8_of(study_string text, std::string_view member) {
  const std::string_view view = text_of(text, member);
  if (!is_valid_utf8(view)) throw BadEvent(study::format("{} is not UTF-8", member));
  return view;
}

/// The text itself, or what is kept in `repaired` if it is ill-formed.
std::string_view repaired_of(study_string text, std::string_view member, std::string& repaired) {
  const std::string_view view = text_of(text, member);
  if (is_valid_utf8(view)) return view;
  repaired = to_valid_utf8(view);
  return repaired;
}

/// Runs a parser of text from the host.
template <class Parse>
auto parsed(std::string_view member, const Parse& parse) {
  try {
    return parse();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& exception) {
    throw BadEvent(study::format("{}: {}", member, exception.what()));
  }
}

ExperimentState state_of(std::int32_t state) {
  if (state < STUDY_PENDING || state > STUDY_EXPERIMENT_FAILED) {
    throw BadEvent(study::format("state {} is none that exists", state));
  }
  return static_cast<ExperimentState>(state);
}

/// One JSON object, or nothing. Parsed here so that the host learns at once that it can't be used.
std::string_view attributes_of(const study_experiment_event& event) {
  if (!covers(event, &study_experiment_event::attributes)) return {};
  const std::string_view text = utf8_of(event.attributes, "attributes");
  if (text.size() > kMaxAttributesBytes) {
    throw BadEvent(
        study::format("attributes has {} bytes, of at most {}: keep what is long in a "
                      "file of its own, and its name here",
                      text.size(), kMaxAttributesBytes));
  }
  if (text.empty()) return text;
  if (!parsed("attributes", [&] { return parse_json(text, "JSON"); }).is_object()) {
    throw BadEvent("attributes must be a JSON object");
  }
  return text;
}

}  // namespace

std::string_view text_of(study_string text, std::string_view member) {
  const auto view = from_abi(text);
  if (!view) throw BadEvent(study::format("{} has a size but no data", member));
  return *view;
}

Timestamp time_of(std::int64_t time_us) {
  if (time_us < kFirstTimeUs || time_us > kLastTimeUs) {
    throw BadEvent(study::format("time_us {} is not between the years 0 and 9999", time_us));
  }
  return Timestamp(std::chrono::microseconds(time_us));
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

ExperimentEvent transition_of(const study_experiment_event& event, RepairedTexts& repaired) {
  ExperimentEvent result;
  result.config_hash = utf8_of(event.config_hash, "config_hash");
  if (result.config_hash.empty()) throw BadEvent("config_hash is empty");
  if (event.cycle < 1) throw BadEvent(study::format("cycle {} is below 1", event.cycle));
  result.cycle = event.cycle;
  result.state = state_of(event.state);
  result.time = time_of(event.time_us);
  result.result_file = utf8_of(event.result_file, "result_file");
  result.error_type = repaired_of(event.error_type, "error_type", repaired.error_type);
  result.error_message = repaired_of(event.error_message, "error_message", repaired.error_message);
  result.attributes = attributes_of(event);
  return result;
}

AddedExperiments experiments_of(const study_experiments_event& event) {
  const std::string_view text = utf8_of(event.experiments, "experiments");
  return parsed("experiments", [&] { return parse_added_experiments(text); });
}

StudyEnd end_of(const study_end_event& event) {
  if (event.outcome < STUDY_OUTCOME_COMPLETED || event.outcome > STUDY_OUTCOME_FAILED) {
    throw BadEvent(study::format("outcome {} is none that exists", event.outcome));
  }
  return {static_cast<StudyOutcome>(event.outcome), time_of(event.time_us)};
}

CheckpointQuery query_of(const study_checkpoint_query* query, std::string_view function) {
  const auto& asked =
      checked(query, &study_checkpoint_query::results_dir, "study_checkpoint_query");
  CheckpointQuery result{.study_dir = text_of(asked.study_dir, "study_dir"),
                         .study_name = std::string(utf8_of(asked.study_name, "study_name")),
                         .results_dir = text_of(asked.results_dir, "results_dir")};
  if (result.study_dir.empty() && result.study_name.empty()) {
    throw BadEvent(study::format("{}: neither study_dir nor study_name is given", function));
  }
  return result;
}

StudiesQuery studies_query_of(const study_checkpoint_query* query) {
  const auto& asked =
      checked(query, &study_checkpoint_query::results_dir, "study_checkpoint_query");
  if (!text_of(asked.study_dir, "study_dir").empty()) {
    throw BadEvent("list_studies: study_dir must be empty, since a directory has one study");
  }
  return {.study_name = std::string(utf8_of(asked.study_name, "study_name")),
          .results_dir = text_of(asked.results_dir, "results_dir")};
}

const study_text_receiver& receiver_of(const study_text_receiver* receiver) {
  const auto& taker = checked(receiver, &study_text_receiver::receive, "study_text_receiver");
  if (taker.receive == nullptr) throw BadEvent("study_text_receiver: receive is NULL");
  return taker;
}

}  // namespace study
