#include "session/host_config.hpp"

#include "base/document.hpp"
#include "base/format.hpp"

#include <study/error.hpp>
#include <study/identity.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

namespace study {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDefaultObserver = "manifest_writer";
constexpr std::string_view kDefaultResultsDir = "results";

constexpr auto kKeys =
    std::to_array<std::string_view>({"results_dir", "plugin_path", "observers", "durability"});
constexpr auto kObserverKeys = std::to_array<std::string_view>({"plugin", "options", "enabled"});
/// Of study-host, whose files other hosts read, too.
constexpr auto kStudyHostKeys = std::to_array<std::string_view>({"jobs", "log_times", "runners"});

fs::path beneath(const fs::path& dir, const fs::path& path) {
  return (dir / path).lexically_normal();
}

/// Without the value: options may hold a password.
std::string kind_of(const FieldReader& reader) {
  if (reader.is_list()) return "a list";
  return reader.is_text() ? "a text" : "a single value";
}

ObserverConfig read_observer(const FieldReader& reader) {
  const std::vector<FieldReader> members = reader.members(kObserverKeys);
  const FieldReader* const plugin = find_given(members, "plugin");
  if (plugin == nullptr) reader.fail("'plugin' is missing");
  ObserverConfig observer;
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
std::vector<ObserverConfig> read_observers(const FieldReader& reader) {
  std::vector<ObserverConfig> observers;
  std::map<std::string, std::string> first_seen;
  for (const FieldReader& element : reader.elements()) {
    ObserverConfig observer = read_observer(element);
    const std::string identity = observer.plugin + '\n' + canonical_json(observer.options);
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

Durability read_durability(const FieldReader& reader) {
  const std::string& name = reader.text();
  if (name == "process") return Durability::process;
  if (name == "power") return Durability::power;
  reader.fail_expected("\"process\" or \"power\"");
}

/// `$schema` is for editors.
std::vector<FieldReader> config_members(const FieldReader& root,
                                        std::span<const std::string_view> own_keys) {
  std::vector<std::string_view> known(kKeys.begin(), kKeys.end());
  known.insert(known.end(), own_keys.begin(), own_keys.end());
  std::vector<FieldReader> members = root.members();
  std::erase_if(members, [](const FieldReader& member) { return member.key() == "$schema"; });
  for (const FieldReader& member : members) {
    if (std::ranges::find(known, member.key()) == known.end()) member.fail_unknown_key(known);
  }
  return members;
}

void read_member(const FieldReader& member, HostConfig& config) {
  const fs::path& dir = config.search.config_dir;
  if (member.key() == "results_dir") {
    config.results_dir = beneath(dir, member.system_text());
    config.names_results_dir = true;
  } else if (member.key() == "plugin_path") {
    for (const FieldReader& folder : member.elements()) {
      config.search.plugin_path.push_back(beneath(dir, folder.system_text()));
    }
  } else if (member.key() == "observers") {
    config.observers = read_observers(member);
  } else {
    config.durability = read_durability(member);
  }
}

}  // namespace

HostConfig default_host_config(const fs::path& dir) {
  HostConfig config;
  config.search.config_dir = dir;
  config.results_dir = beneath(dir, kDefaultResultsDir);
  config.observers.push_back({std::string(kDefaultObserver), {}, true, "the built-in default"});
  return config;
}

HostConfig read_host_config(const fs::path& given, std::span<const std::string_view> own_keys,
                            const std::function<void(const FieldReader&)>& read_own) {
  const Document document = load_json_document(given, JsonDialect::with_comments);
  const std::vector<FieldReader> members = config_members(FieldReader(document), own_keys);
  const fs::path file = fs::absolute(given).lexically_normal();
  HostConfig config = default_host_config(file.parent_path());
  config.file = file;
  for (const FieldReader& member : members) {
    if (member.is_null()) continue;
    if (std::ranges::find(own_keys, member.key()) != own_keys.end()) {
      read_own(member);
    } else {
      read_member(member, config);
    }
  }
  return config;
}

SessionOptions options_of_host_config(const fs::path& file) {
  HostConfig config = read_host_config(file, kStudyHostKeys, [](const FieldReader&) {});
  SessionOptions options;
  options.results_dir = std::move(config.results_dir);
  options.search = std::move(config.search);
  options.observers = std::move(config.observers);
  options.durability = config.durability;
  return options;
}

}  // namespace study
