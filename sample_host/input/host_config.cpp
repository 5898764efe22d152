#include "input/host_config.hpp"

#include "base/format.hpp"
#include "input/field_reader.hpp"

#include <study/error.hpp>
#include <study/identity.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDefaultObserver = "manifest_writer";
constexpr std::string_view kDefaultResultsDir = "results";

constexpr std::array<std::string_view, 6> kHostKeys = {"results_dir", "plugin_path", "observers",
                                                       "jobs",        "durability",  "runners"};
constexpr std::array<std::string_view, 3> kObserverKeys = {"plugin", "options", "enabled"};

fs::path beneath(const fs::path& dir, const fs::path& path) {
  return (dir / path).lexically_normal();
}

/// Without the value: options may hold a password.
std::string kind_of(const FieldReader& reader) {
  if (reader.is_list()) return "a list";
  return reader.is_text() ? "a text" : "a single value";
}

study::ObserverConfig read_observer(const FieldReader& reader) {
  const std::vector<FieldReader> members = reader.members(kObserverKeys);
  const FieldReader* const plugin = find_given(members, "plugin");
  if (plugin == nullptr) reader.fail("'plugin' is missing");
  study::ObserverConfig observer;
  observer.plugin = plugin->system_text();
  if (const FieldReader* options = find_given(members, "options")) {
    if (!options->is_mapping()) options->fail("must be an object, but is " + kind_of(*options));
    observer.options = to_json(std::get<Node::Mapping>(options->node().value));
  }
  if (const FieldReader* enabled = find_given(members, "enabled")) {
    observer.enabled = enabled->boolean();
  }
  observer.where = reader.where();
  return observer;
}

// The same plugin twice is legal: two databases, say. With the same options both would write the
// same thing to the same place.
std::vector<study::ObserverConfig> read_observers(const FieldReader& reader) {
  std::vector<study::ObserverConfig> observers;
  std::map<std::string, std::string> first_seen;
  for (const FieldReader& element : reader.elements()) {
    study::ObserverConfig observer = read_observer(element);
    const std::string identity = observer.plugin + '\n' + study::canonical_json(observer.options);
    if (observer.enabled) {
      const auto [first, is_new] = first_seen.emplace(identity, observer.where);
      if (!is_new) {
        element.fail(
            study::format("the observer '{}' is there twice with the same options, first at {}",
                          observer.plugin, first->second));
      }
    }
    observers.push_back(std::move(observer));
  }
  return observers;
}

study::Durability read_durability(const FieldReader& reader) {
  const std::string& name = reader.text();
  if (name == "process") return study::Durability::process;
  if (name == "power") return study::Durability::power;
  reader.fail_expected("\"process\" or \"power\"");
}

/// What a config file in `dir` has that says nothing.
HostConfig default_config(const fs::path& dir) {
  HostConfig config;
  config.search.config_dir = dir;
  config.results_dir = beneath(dir, kDefaultResultsDir);
  config.observers.push_back({std::string(kDefaultObserver), {}, true, "the built-in default"});
  return config;
}

/// `$schema` is for editors.
std::vector<FieldReader> config_members(const FieldReader& root) {
  std::vector<FieldReader> members = root.members();
  std::erase_if(members, [](const FieldReader& member) { return member.key() == "$schema"; });
  for (const FieldReader& member : members) {
    if (std::find(kHostKeys.begin(), kHostKeys.end(), member.key()) == kHostKeys.end()) {
      member.fail_unknown_key(kHostKeys);
    }
  }
  return members;
}

HostConfig read_config(const fs::path& given) {
  const Document document = load_json_document(given, JsonDialect::with_comments);
  const std::vector<FieldReader> members = config_members(FieldReader(document));
  const fs::path file = fs::absolute(given).lexically_normal();
  HostConfig config = default_config(file.parent_path());
  config.file = file;
  for (const FieldReader& member : members) {
    if (member.is_null()) continue;
    if (member.key() == "results_dir") {
      config.results_dir = beneath(config.search.config_dir, member.system_text());
      config.names_results_dir = true;
    } else if (member.key() == "plugin_path") {
      for (const FieldReader& folder : member.elements()) {
        config.search.plugin_path.push_back(
            beneath(config.search.config_dir, folder.system_text()));
      }
    } else if (member.key() == "observers") {
      config.observers = read_observers(member);
    } else if (member.key() == "jobs") {
      config.jobs = static_cast<int>(member.integer(1, kMaxJobs));
    } else if (member.key() == "durability") {
      config.durability = read_durability(member);
    } else {
      for (const FieldReader& runner : member.members()) {
        config.runners.emplace(runner.key(), read_runner(runner));
      }
    }
  }
  return config;
}

}  // namespace

HostConfig load_host_config(const std::optional<fs::path>& given, const fs::path& study_file) {
  if (given) return read_config(*given);
  const fs::path beside = study_file.parent_path() / kHostConfigFileName;
  std::error_code ignored;
  return fs::exists(beside, ignored) ? read_config(beside) : default_config(fs::current_path());
}

}  // namespace host
