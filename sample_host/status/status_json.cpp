// A study's state for programs.
#include "base/format.hpp"
#include "run/estimate.hpp"
#include "status/study_status.hpp"

#include <study/json.hpp>
#include <study/text.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace host {
namespace {

/// The same JSON with nothing raw in its strings that a terminal would obey: those control
/// characters and marks that JSON itself needn't have escaped.
std::string printable_json(const std::string& json) {
  std::string out;
  for (std::string_view rest = json; !rest.empty();) {
    const std::string_view before = rest;
    const char32_t code_point = study::take_code_point(rest);
    const std::string_view bytes = before.substr(0, before.size() - rest.size());
    const bool is_raw = code_point >= 0x7f && study::visible(bytes) != bytes;
    out += is_raw ? study::format("\\u{:04x}", static_cast<std::uint32_t>(code_point))
                  : std::string(bytes);
  }
  return out;
}

std::string text_or_null(const std::string& text) {
  if (text.empty()) return "null";
  std::string json;
  study::append_json_string(json, study::to_valid_utf8(text));
  return printable_json(json);
}

}  // namespace

std::string status_json(const StudyView& view) {
  std::string eta = "null";
  const ExperimentTimes times = experiment_times(view.manifest, view.now);
  const auto left = times.estimate(times.running_for.size());
  if (left && !is_over(view)) {
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(*left).count();
    eta = study::format("{:.3f}", static_cast<double>(milliseconds) / 1000);
  }
  const std::string host = view.writer.writer ? view.writer.writer->host : view.host;
  return study::format(
      "{{\"manifest\": {}, \"writer\": \"{}\", \"eta_seconds\": {}, \"host\": {}, "
      "\"study_dir\": {}, \"namesakes\": {}}}\n",
      printable_json(study::render_manifest(view.manifest)), to_string(view.writer.state), eta,
      text_or_null(host),
      text_or_null(view.study_dir.empty() ? view.directory_there : view.study_dir), view.namesakes);
}

}  // namespace host
