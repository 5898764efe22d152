#include "base/format.hpp"
#include "base/json_fields.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/stored_study.hpp>
#include <study/text.hpp>

#include <boost/json/value.hpp>

namespace study {
namespace {

void append_text(std::string& out, std::string_view key, std::string_view text) {
  out.append(",\"").append(key).append("\":");
  append_json_string(out, is_valid_utf8(text) ? std::string(text) : to_valid_utf8(text));
}

void append_number(std::string& out, std::string_view key, std::int64_t number) {
  out.append(",\"").append(key).append("\":").append(std::to_string(number));
}

void append_writer(std::string& out, const WriterStatus& writer) {
  const bool is_told = writer.state == WriterState::alive || writer.state == WriterState::gone;
  append_text(out, "writer", to_string(is_told ? writer.state : WriterState::unknown));
  if (!writer.writer) return;
  append_text(out, "writer_host", writer.writer->host);
  append_number(out, "writer_pid", writer.writer->pid);
  append_text(out, "writer_since", format_timestamp(writer.writer->started_at));
}

struct Refusal {
  std::string_view source;
  void operator()(std::string_view key, const std::string& what) const {
    throw InputError(study::format("{}: {} {}", source, key, what));
  }
};
using Fields = JsonFields<Refusal>;

std::int64_t number_of(const Fields& fields, std::string_view key) {
  const std::int64_t number = fields.integer(key);
  if (number < 0) fields.refuse(key, "must be an integer from 0 on");
  return number;
}

/// A word of a later version is one that isn't known here.
WriterState writer_state_of(const Fields& fields) {
  const auto word = fields.optional_text("writer");
  for (const WriterState state : {WriterState::alive, WriterState::gone}) {
    if (word == to_string(state)) return state;
  }
  return WriterState::unknown;
}

WriterStatus writer_of(const Fields& fields) {
  WriterStatus status{writer_state_of(fields), {}};
  auto host = fields.optional_text("writer_host");
  if (!host) return status;
  Writer& writer = status.writer.emplace();
  writer.host = *std::move(host);
  if (fields.optional("writer_pid") != nullptr) writer.pid = number_of(fields, "writer_pid");
  writer.started_at = fields.optional_time("writer_since").value_or(Timestamp());
  return status;
}

}  // namespace

void append_stored_study(std::string& out, const StoredStudy& study) {
  std::string fields;
  append_text(fields, "study_name", study.study_name);
  append_text(fields, "study_dir", study.study_dir);
  append_text(fields, "study_design_hash", study.study_design_hash);
  append_text(fields, "status", to_string(study.status));
  append_text(fields, "started_at", format_timestamp(study.started_at));
  if (study.completed_at) {
    append_text(fields, "completed_at", format_timestamp(*study.completed_at));
  }
  append_number(fields, "completed", study.counters.completed);
  append_number(fields, "failed", study.counters.failed);
  append_number(fields, "pending", study.counters.pending);
  append_number(fields, "running", study.running);
  append_writer(fields, study.writer);
  out.append("{").append(fields, 1).append("}");
}

StoredStudy parse_stored_study(std::string_view text, std::string_view source) {
  const boost::json::value parsed = parse_json(text, source);
  if (!parsed.is_object()) throw InputError(std::string(source) + ": a study must be an object");
  const Refusal refusal{source};
  const Fields fields(parsed.get_object(), refusal);
  const auto status = parse_study_status(fields.text("status"));
  if (!status) {
    fields.refuse("status", "must be running, completed, interrupted or failed");
  }
  StoredStudy study;
  study.study_name = fields.text("study_name");
  study.study_dir = fields.text("study_dir");
  study.study_design_hash = fields.text_if_given("study_design_hash");
  study.status = *status;
  study.started_at = fields.time("started_at");
  study.completed_at = fields.optional_time("completed_at");
  study.counters = {number_of(fields, "completed"), number_of(fields, "failed"),
                    number_of(fields, "pending")};
  if (fields.optional("running") != nullptr) study.running = number_of(fields, "running");
  study.writer = writer_of(fields);
  return study;
}

}  // namespace study
