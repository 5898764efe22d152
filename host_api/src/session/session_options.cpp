#include "session/session_options.hpp"

#include "base/format.hpp"
#include "base/json_fields.hpp"

#include <study/error.hpp>
#include <study/identity.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <utility>

namespace study {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::string_view kSource = "session options";

constexpr auto kKeys = std::to_array<std::string_view>(
    {"study_name", "framework_version", "n_cycles", "study_design_hash", "open_ended",
     "results_dir", "resume", "study_dir", "failed", "accept_growth", "force", "rebuild", "results",
     "durability", "observers", "plugin_path", "host_config", "host_name"});
constexpr auto kObserverKeys = std::to_array<std::string_view>({"plugin", "options", "enabled"});

[[noreturn]] void refuse(std::string_view key, const std::string& what) {
  throw InputError(study::format("{}: {} {}", kSource, key, what));
}

using Fields = JsonFields<decltype(&refuse)>;
constexpr auto kRefuse = &refuse;

void check_keys(const object& fields, std::span<const std::string_view> known) {
  for (const auto& field : fields) {
    const std::string_view key = field.key();
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string_view nearest = nearest_name(key, known);
    refuse(visible(key), nearest.empty()
                             ? "is unknown"
                             : study::format("is unknown; did you mean '{}'?", nearest));
  }
}

[[nodiscard]] bool flag(const object& fields, std::string_view key, bool otherwise) {
  const value* const found = fields.if_contains(key);
  if (found == nullptr) return otherwise;
  if (!found->is_bool()) refuse(key, "must be true or false");
  return found->get_bool();
}

template <class Value>
using Choices = std::initializer_list<std::pair<std::string_view, Value>>;

/// The first where the key isn't there.
template <class Value>
[[nodiscard]] Value choice(const Fields& reader, std::string_view key, Choices<Value> choices) {
  const std::string_view text = reader.text_if_given(key);
  if (text.empty()) return choices.begin()->second;
  std::string names;
  for (const auto& [name, meant] : choices) {
    if (name == text) return meant;
    names += (names.empty() ? "\"" : ", \"") + std::string(name) + "\"";
  }
  refuse(key, "must be one of " + names);
}

[[nodiscard]] ObserverConfig parse_observer(const value& from) {
  const object* const fields = from.if_object();
  if (fields == nullptr) refuse("observers", "must be objects");
  check_keys(*fields, kObserverKeys);
  const Fields reader(*fields, kRefuse);
  ObserverConfig observer{.plugin = std::string(reader.text("plugin"))};
  if (const value* const options = reader.optional("options")) {
    if (!options->is_object()) refuse("options of " + observer.plugin, "must be an object");
    observer.options = options->get_object();
  }
  observer.enabled = flag(*fields, "enabled", true);
  return observer;
}

void read_observers(const object& fields, const Fields& reader, SessionOptions& options) {
  if (fields.contains("observers")) {
    options.observers.clear();
    for (const value& observer : reader.array("observers")) {
      options.observers.push_back(parse_observer(observer));
    }
  }
  // What a name in a host's config file is relative to, is that file.
  if (fields.contains("observers") || options.search.config_dir.empty()) {
    options.search.config_dir = std::filesystem::current_path();
  }
  if (!fields.contains("plugin_path")) return;
  options.search.plugin_path.clear();
  for (const value& folder : reader.array("plugin_path")) {
    if (!folder.is_string()) refuse("plugin_path", "must be a list of texts");
    options.search.plugin_path.push_back(
        std::filesystem::absolute(std::string_view(folder.get_string())));
  }
}

void read_places(const object& fields, const Fields& reader, SessionOptions& options) {
  if (fields.contains("results_dir")) options.results_dir = reader.text("results_dir");
  options.study_dir = reader.text_if_given("study_dir");
  options.resume = choice<Resume>(
      reader, "resume",
      {{"latest", Resume::latest}, {"never", Resume::never}, {"directory", Resume::directory}});
}

void read_judgements(const object& fields, const Fields& reader, SessionOptions& options) {
  options.accept_growth = flag(fields, "accept_growth", true);
  options.force = flag(fields, "force", false);
  options.rebuild = flag(fields, "rebuild", false);
  options.failed_runs = choice<FailedRuns>(
      reader, "failed", {{"again", FailedRuns::are_run_again}, {"kept", FailedRuns::stay_failed}});
  options.result_form = choice<ResultForm>(
      reader, "results",
      {{"json", ResultForm::json}, {"any", ResultForm::any}, {"none", ResultForm::none}});
  if (!fields.contains("durability")) return;
  options.durability = choice<Durability>(
      reader, "durability", {{"process", Durability::process}, {"power", Durability::power}});
}

}  // namespace

std::vector<Experiment> parse_experiments(std::string_view json) {
  if (json.empty()) return {};
  return parse_added_experiments(study::format("{{\"experiments\":{}}}", json)).experiments;
}

SessionOptions parse_reader_options(std::string_view text) {
  const value document = parse_json(text, kSource);
  const object* const fields = document.if_object();
  if (fields == nullptr) throw InputError(std::string(kSource) + ": must be an object");
  check_keys(*fields, kKeys);
  const Fields reader(*fields, kRefuse);
  const std::string_view host_config = reader.text_if_given("host_config");
  SessionOptions options =
      host_config.empty() ? SessionOptions() : options_of_host_config(host_config);
  options.study_name = reader.text_if_given("study_name");
  if (fields->contains("framework_version")) {
    options.framework_version = reader.text("framework_version");
  }
  if (fields->contains("n_cycles")) {
    options.n_cycles = static_cast<int>(reader.count("n_cycles", std::numeric_limits<int>::max()));
  }
  options.study_design_hash = reader.text_if_given("study_design_hash");
  options.is_open_ended = flag(*fields, "open_ended", false);
  if (fields->contains("host_name")) options.host_name = reader.text("host_name");
  read_judgements(*fields, reader, options);
  read_places(*fields, reader, options);
  read_observers(*fields, reader, options);
  return options;
}

SessionOptions parse_session_options(std::string_view text, std::string_view experiments) {
  SessionOptions options = parse_reader_options(text);
  if (options.study_name.empty()) refuse("study_name", "is missing");
  options.experiments = parse_experiments(experiments);
  return options;
}

}  // namespace study
