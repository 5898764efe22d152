#include "design_change.hpp"

#include "console.hpp"

#include <study/identity.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace study_host {
namespace {

constexpr std::size_t kMaxNamed = 10;  ///< of each kind
constexpr std::size_t kMaxPairs = 1'000'000;
constexpr std::size_t kMaxValueBytes = 60;
constexpr std::string_view kKindIndent = "             ";
constexpr std::string_view kAbsent = "absent";

using Fields = std::map<std::string, std::string>;  ///< dotted name -> canonical JSON

void flatten(const boost::json::object& object, const std::string& prefix, Fields& out) {
  for (const auto& [name, value] : object) {
    const std::string key = prefix + std::string(name);
    if (value.is_object() && !value.get_object().empty()) {
      flatten(value.get_object(), key + ".", out);
    } else {
      out[key] = study::canonical_json(value);
    }
  }
}

std::string shown(const std::string* value) {
  if (value == nullptr) return std::string(kAbsent);
  const std::string_view cut = study::truncate_utf8(*value, kMaxValueBytes);
  return visible(cut) + (cut.size() < value->size() ? "…" : "");
}

struct FieldChange {
  std::string key;
  std::string before;
  std::string now;
  friend auto operator<=>(const FieldChange&, const FieldChange&) = default;
};

struct Difference {
  std::vector<FieldChange> changes;
  std::size_t n_fields = 0;  ///< that one of the two has

  /// With more differing than common fields they are two experiments.
  [[nodiscard]] bool is_small() const { return 2 * changes.size() <= n_fields; }
};

Difference compare(const Fields& before, const Fields& now) {
  Difference difference;
  auto b = before.begin();
  auto n = now.begin();
  while (b != before.end() || n != now.end()) {
    const bool in_before = b != before.end() && (n == now.end() || b->first <= n->first);
    const bool in_now = n != now.end() && (b == before.end() || n->first <= b->first);
    ++difference.n_fields;
    const std::string* const old_value = in_before ? &b->second : nullptr;
    const std::string* const new_value = in_now ? &n->second : nullptr;
    if (!in_before || !in_now || *old_value != *new_value) {
      difference.changes.push_back(
          {in_before ? b->first : n->first, shown(old_value), shown(new_value)});
    }
    if (in_before) ++b;
    if (in_now) ++n;
  }
  return difference;
}

/// What only one of two designs has.
struct Side {
  std::vector<const DesignedConfiguration*> configurations;
  std::vector<Fields> fields;
  std::vector<bool> is_paired;

  Side(const Design& design, const Design& other) {
    std::unordered_set<std::string_view> known;
    for (const auto& configuration : other) known.insert(configuration.config_hash);
    for (const auto& configuration : design) {
      if (known.contains(configuration.config_hash)) continue;
      configurations.push_back(&configuration);
      Fields& flat = fields.emplace_back();
      if (configuration.fields != nullptr) flatten(*configuration.fields, {}, flat);
    }
    is_paired.assign(configurations.size(), false);
  }

  [[nodiscard]] std::size_t size() const { return configurations.size(); }

  [[nodiscard]] std::vector<std::string> unpaired() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!is_paired[i]) names.push_back(visible(configurations[i]->summary));
    }
    return names;
  }
};

struct Candidate {
  std::size_t n_changes;
  std::size_t gone;
  std::size_t added;
};

std::vector<Candidate> find_candidates(const Side& gone, const Side& added) {
  std::vector<Candidate> candidates;
  const auto consider = [&](std::size_t g, std::size_t a) {
    if (gone.fields[g].empty() || added.fields[a].empty()) return;
    const Difference difference = compare(gone.fields[g], added.fields[a]);
    if (difference.is_small()) candidates.push_back({difference.changes.size(), g, a});
  };
  const bool all = gone.size() == 0 || added.size() <= kMaxPairs / gone.size();
  for (std::size_t g = 0; g < gone.size(); ++g) {
    if (!all && g < added.size()) consider(g, g);
    for (std::size_t a = 0; all && a < added.size(); ++a) consider(g, a);
  }
  // The most alike first; of those, the ones that stand in the same place.
  const auto rank = [](const Candidate& one) {
    const std::size_t distance = one.gone > one.added ? one.gone - one.added : one.added - one.gone;
    return std::tuple(one.n_changes, distance, one.gone);
  };
  std::sort(candidates.begin(), candidates.end(),
            [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
  return candidates;
}

/// What has changed, and the present names of the configurations in which it has.
using Changes = std::vector<std::pair<std::vector<FieldChange>, std::vector<std::string>>>;

Changes pair_up(Side& gone, Side& added) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;  // (added, gone)
  for (const Candidate& candidate : find_candidates(gone, added)) {
    if (gone.is_paired[candidate.gone] || added.is_paired[candidate.added]) continue;
    gone.is_paired[candidate.gone] = added.is_paired[candidate.added] = true;
    pairs.emplace_back(candidate.added, candidate.gone);
  }
  std::sort(pairs.begin(), pairs.end());
  Changes changes;
  std::map<std::vector<FieldChange>, std::size_t> places;
  for (const auto& [a, g] : pairs) {
    auto fields = compare(gone.fields[g], added.fields[a]).changes;
    const auto [place, is_new] = places.emplace(fields, changes.size());
    if (is_new) changes.emplace_back(std::move(fields), std::vector<std::string>());
    changes[place->second].second.push_back(visible(added.configurations[a]->summary));
  }
  return changes;
}

void append_list(std::string& out, std::string heading, const std::vector<std::string>& names) {
  if (names.empty()) return;
  heading = "  " + heading;
  heading.resize(kKindIndent.size(), ' ');
  const std::size_t named = names.size() > kMaxNamed + 1 ? kMaxNamed : names.size();
  for (std::size_t i = 0; i < named; ++i) {
    out += (i == 0 ? heading : std::string(kKindIndent)) + names[i] + "\n";
  }
  if (named == names.size()) return;
  out += std::string(kKindIndent) + "and " + std::to_string(names.size() - named) + " more\n";
}

std::string configurations_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " configuration" : " configurations");
}

}  // namespace

std::string describe_design_change(const Design& before, const Design& now) {
  Side gone(before, now);
  Side added(now, before);
  const std::size_t n_unchanged = now.size() - added.size();
  if (gone.size() == 0 && added.size() == 0) {
    return "  the same " + configurations_text(n_unchanged) + ", in another order\n";
  }
  std::string text;
  for (const auto& [fields, names] : pair_up(gone, added)) {
    append_list(text, "changed:", names);
    for (const FieldChange& field : fields) {
      text += std::string(kKindIndent) + "  " + visible(field.key) + ": " + field.before + " → " +
              field.now + "\n";
    }
  }
  append_list(text, "new:", added.unpaired());
  append_list(text, "gone:", gone.unpaired());
  append_list(text, "unchanged:",
              n_unchanged == 0 ? std::vector<std::string>()
                               : std::vector{configurations_text(n_unchanged)});
  return text;
}

}  // namespace study_host
