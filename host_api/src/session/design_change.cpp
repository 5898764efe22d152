#include "session/design_change.hpp"

#include "base/format.hpp"

#include <study/flatten.hpp>
#include <study/identity.hpp>
#include <study/study_plan.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace study {
namespace {

constexpr std::size_t kMaxNamed = 10;  ///< of each kind
constexpr std::size_t kMaxValues = 5;  ///< of a field, on each side
constexpr std::size_t kMaxValueBytes = 60;
constexpr std::size_t kHeadingWidth = 13;
constexpr std::string_view kAbsent = "absent";  ///< which is no JSON

struct ShorterFirst {  // so that 2 stands before 10
  bool operator()(const std::string& a, const std::string& b) const {
    return std::pair(a.size(), std::string_view(a)) < std::pair(b.size(), std::string_view(b));
  }
};
using Values = std::set<std::string, ShorterFirst>;  ///< canonical JSON
using Names = std::vector<std::string>;

/// By the fields' dotted names. Being absent is a value.
std::map<std::string, Values> values_of(const Design& design) {
  std::map<std::string, Values> values;
  std::map<std::string, std::size_t> counts;
  for (const DesignedConfiguration& configuration : design) {
    if (configuration.experiment == nullptr) continue;
    flatten(*AllFields(*configuration.experiment),
            [&](std::string_view key, const boost::json::value& value) {
              values[std::string(key)].insert(canonical_json(value));
              ++counts[std::string(key)];
            });
  }
  for (auto& [key, of_key] : values) {
    if (counts[key] < design.size()) of_key.insert(std::string(kAbsent));
  }
  return values;
}

/// Those of `values` that `others` lacks; empty if it lacks none.
std::string list_only_in(const Values& values, const Values& others) {
  std::string list;
  std::size_t count = 0;
  for (const std::string& value : values) {
    if (others.contains(value)) continue;
    if (++count > kMaxValues) return list + ", …";
    const std::string_view cut = truncate_utf8(value, kMaxValueBytes);
    list += (list.empty() ? "" : ", ") + visible(cut) + (cut.size() < value.size() ? "…" : "");
  }
  return list;
}

Names changed_fields(const Design& gone, const Design& added) {
  auto before = values_of(gone);
  auto now = values_of(added);
  if (before.empty() || now.empty()) return {};
  const Values absent{std::string(kAbsent)};
  for (const auto& [key, values] : now) before.try_emplace(key, absent);
  Names changes;
  for (const auto& [key, values] : before) {
    const Values& values_now = now.try_emplace(key, absent).first->second;
    const std::string left = list_only_in(values, values_now);
    const std::string come = list_only_in(values_now, values);
    if (left.empty() || come.empty()) continue;
    changes.push_back(study::format("{}: {} → {}", visible(key), left, come));
  }
  return changes;
}

/// What only one of two designs has.
Design only_in(const Design& design, const Design& other) {
  std::unordered_set<std::string_view> others;
  for (const auto& configuration : other) others.insert(configuration.config_hash);
  Design only;
  std::copy_if(design.begin(), design.end(), std::back_inserter(only),
               [&](const auto& one) { return !others.contains(one.config_hash); });
  return only;
}

void append_list(Names& lines, std::string_view heading, const Names& names) {
  const std::size_t named = names.size() > kMaxNamed + 1 ? kMaxNamed : names.size();
  for (std::size_t i = 0; i < named; ++i) {
    std::string line = i == 0 ? "  " + std::string(heading) : "";
    line.resize(kHeadingWidth, ' ');
    lines.push_back(line + names[i]);
  }
  if (named == names.size()) return;
  lines.push_back(
      study::format("{}and {} more", std::string(kHeadingWidth, ' '), names.size() - named));
}

/// By name, each as often as it is there: both have what has changed.
void append_names(Names& lines, const Design& gone, const Design& added) {
  std::unordered_multiset<std::string> left;
  for (const auto& configuration : gone) left.insert(visible(configuration.summary));
  const auto take = [&left](const std::string& name) {
    const auto found = left.find(name);
    if (found == left.end()) return false;
    left.erase(found);
    return true;
  };
  Names changed_names;
  Names new_names;
  Names gone_names;
  for (const auto& configuration : added) {
    const std::string name = visible(configuration.summary);
    (take(name) ? changed_names : new_names).push_back(name);
  }
  for (const auto& configuration : gone) {
    const std::string name = visible(configuration.summary);
    if (take(name)) gone_names.push_back(name);
  }
  append_list(lines, "changed:", changed_names);
  append_list(lines, "new:", new_names);
  append_list(lines, "gone:", gone_names);
}

bool is_same_order(const Design& before, const Design& now) {
  return std::equal(before.begin(), before.end(), now.begin(), now.end(),
                    [](const auto& a, const auto& b) { return a.config_hash == b.config_hash; });
}

std::string configurations_text(std::size_t count) {
  return study::format("{} configuration{}", count, count == 1 ? "" : "s");
}

}  // namespace

Design design_of(const StudyConfig& config, const StudyPlan& plan) {
  Design design;
  for (const auto& planned : plan.configurations) {
    design.push_back({std::string(std::string_view(planned.config_hash)), planned.config_summary,
                      &config.experiments[planned.experiment_index]});
  }
  return design;
}

/// What the checkpoint itself tells of the configurations: no fields.
Design design_of(const StudyManifest& checkpoint) {
  Design design;
  std::unordered_set<std::string_view> known;
  for (const ManifestEntry& entry : checkpoint.experiments) {
    if (!known.insert(entry.config_hash).second) continue;
    design.push_back({entry.config_hash, entry.config_summary, nullptr});
  }
  return design;
}

std::vector<std::string> describe_design_change(const Design& before, const Design& now) {
  const Design gone = only_in(before, now);
  const Design added = only_in(now, before);
  const std::string unchanged = configurations_text(now.size() - added.size());
  if (gone.empty() && added.empty()) {
    return {"  the same " + unchanged +
            (is_same_order(before, now) ? ", in the same order: only the design hash differs"
                                        : ", in another order")};
  }
  Names lines;
  append_names(lines, gone, added);
  append_list(lines, "fields:", changed_fields(gone, added));
  if (now.size() > added.size()) append_list(lines, "unchanged:", {unchanged});
  return lines;
}

}  // namespace study
