#include "base/format.hpp"
#include "base/json_fields.hpp"

#include <study/attempt.hpp>
#include <study/error.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <array>
#include <limits>
#include <utility>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>

namespace study {
namespace {

constexpr std::array<std::pair<AttemptState, std::string_view>, 4> kStates{
    {{AttemptState::running, "running"},
     {AttemptState::completed, "completed"},
     {AttemptState::failed, "failed"},
     {AttemptState::interrupted, "interrupted"}}};

void append_text(std::string& out, std::string_view text) {
  append_json_string(out, is_valid_utf8(text) ? std::string(text) : to_valid_utf8(text));
}

void append_field(std::string& out, std::string_view key, const std::optional<std::string>& text) {
  if (!text) return;
  out.append(",\"").append(key).append("\":");
  append_text(out, *text);
}

void append_field(std::string& out, std::string_view key, const std::optional<Timestamp>& time) {
  if (!time) return;
  out.append(",\"").append(key).append("\":\"").append(format_timestamp(*time)).append("\"");
}

/// Written anew: whoever can change a store may have put anything there.
void append_attributes(std::string& out, const StudyAttempt& attempt) {
  if (attempt.attributes.empty()) return;
  const std::string place = study::format("the attributes of attempt {} of {} cycle {}",
                                          attempt.attempt, attempt.config_hash, attempt.cycle);
  const boost::json::value attributes = parse_json(attempt.attributes, place);
  if (!attributes.is_object()) throw InputError(place + " are no JSON object");
  out += ",\"attributes\":";
  append_json(out, attributes);
}

struct Refusal {
  std::string_view source;
  void operator()(std::string_view key, const std::string& what) const {
    throw InputError(study::format("{}: {} {}", source, key, what));
  }
};
using Fields = JsonFields<Refusal>;

std::string attributes_of(const Fields& fields) {
  const boost::json::value* const attributes = fields.optional("attributes");
  if (attributes == nullptr) return {};
  if (!attributes->is_object()) fields.refuse("attributes", "must be an object");
  std::string text;
  append_json(text, *attributes);
  return text;
}

}  // namespace

std::string_view to_string(AttemptState state) {
  return kStates.at(static_cast<std::size_t>(state)).second;
}

std::optional<AttemptState> parse_attempt_state(std::string_view text) {
  for (const auto& [state, name] : kStates) {
    if (name == text) return state;
  }
  return std::nullopt;
}

void append_attempt(std::string& out, const StudyAttempt& attempt) {
  out += "{\"config_hash\":";
  append_text(out, attempt.config_hash);
  out.append(",\"cycle\":").append(std::to_string(attempt.cycle));
  out.append(",\"attempt\":").append(std::to_string(attempt.attempt));
  out.append(",\"state\":\"").append(to_string(attempt.state)).append("\"");
  append_field(out, "started_at", attempt.started_at);
  append_field(out, "ended_at", attempt.ended_at);
  append_field(out, "result_file", attempt.result_file);
  append_field(out, "error_type", attempt.error_type);
  append_field(out, "error_message", attempt.error_message);
  append_attributes(out, attempt);
  out += '}';
}

StudyAttempt parse_attempt(std::string_view text, std::string_view source) {
  unsigned char arena_bytes[4096];
  boost::json::monotonic_resource arena(arena_bytes);
  const boost::json::value parsed = parse_json(text, source, &arena);
  if (!parsed.is_object()) throw InputError(std::string(source) + ": an attempt must be an object");
  const Refusal refusal{source};
  const Fields fields(parsed.get_object(), refusal);
  const auto state = parse_attempt_state(fields.text("state"));
  if (!state) fields.refuse("state", "must be running, completed, failed or interrupted");
  StudyAttempt attempt;
  attempt.config_hash = fields.text("config_hash");
  attempt.cycle =
      static_cast<std::int32_t>(fields.count("cycle", std::numeric_limits<std::int32_t>::max()));
  attempt.attempt = static_cast<std::uint32_t>(
      fields.count("attempt", std::numeric_limits<std::uint32_t>::max()));
  attempt.state = *state;
  attempt.started_at = fields.optional_time("started_at");
  attempt.ended_at = fields.optional_time("ended_at");
  attempt.result_file = fields.optional_text("result_file");
  attempt.error_type = fields.optional_text("error_type");
  attempt.error_message = fields.optional_text("error_message");
  attempt.attributes = attributes_of(fields);
  return attempt;
}

}  // namespace study
