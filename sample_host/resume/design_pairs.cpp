#include "resume/design_pairs.hpp"

#include "input/input_error.hpp"

#include <study/identity.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <deque>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace host {
namespace {

constexpr std::size_t kMaxPairs = 1'000'000;
constexpr std::size_t kMaxValueBytes = 60;
constexpr std::string_view kAbsent = "absent";

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

void join(Side& gone, std::size_t g, Side& added, std::size_t a, Pairs& pairs) {
  gone.is_paired[g] = added.is_paired[a] = true;
  pairs.emplace_back(a, g);
}

struct Candidate {
  std::size_t n_changes;
  std::size_t gone;
  std::size_t added;
};

bool are_comparable(const Fields& before, const Fields& now) {
  return !before.empty() && !now.empty() && compare(before, now).is_small();
}

/// Of those that have no partner yet.
std::vector<Candidate> find_candidates(const Side& gone, const Side& added) {
  std::vector<Candidate> candidates;
  const std::vector<std::size_t> lone = added.unpaired();
  for (const std::size_t g : gone.unpaired()) {
    for (const std::size_t a : lone) {
      if (gone.fields[g].empty() || added.fields[a].empty()) continue;
      const Difference difference = compare(gone.fields[g], added.fields[a]);
      if (difference.is_small()) candidates.push_back({difference.changes.size(), g, a});
    }
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

void pair_the_most_alike(Side& gone, Side& added, Pairs& pairs) {
  for (const Candidate& candidate : find_candidates(gone, added)) {
    if (gone.is_paired[candidate.gone] || added.is_paired[candidate.added]) continue;
    join(gone, candidate.gone, added, candidate.added, pairs);
  }
}

/// Each field's values on one side; being absent is one.
std::map<std::string, std::set<std::string_view>> values_of(const Side& side) {
  std::map<std::string, std::set<std::string_view>> values;
  std::map<std::string_view, std::size_t> counts;
  for (const Fields& fields : side.fields) {
    for (const auto& [key, value] : fields) {
      const auto place = values.try_emplace(key).first;
      place->second.insert(value);
      ++counts[place->first];
    }
  }
  for (auto& [key, of_key] : values) {
    if (counts[key] < side.size()) of_key.insert(kAbsent);  // which is no JSON
  }
  return values;
}

/// The fields of which no value is on both sides.
std::set<std::string> fields_changed_in_all(const Side& gone, const Side& added) {
  const auto before = values_of(gone);
  const auto now = values_of(added);
  std::set<std::string> changed;
  const auto collect = [&changed](const auto& one_side, const auto& other_side) {
    for (const auto& [key, values] : one_side) {
      const auto other = other_side.find(key);
      const bool is_shared =
          other == other_side.end()
              ? values.contains(kAbsent)
              : std::any_of(values.begin(), values.end(),
                            [&](std::string_view value) { return other->second.contains(value); });
      if (!is_shared) changed.insert(key);
    }
  };
  collect(before, now);
  collect(now, before);
  return changed;
}

std::string text_without(const Fields& fields, const std::set<std::string>& left_out) {
  std::string text;
  for (const auto& [key, value] : fields) {
    if (!left_out.contains(key)) text += key + "\n" + value + "\n";
  }
  return text;
}

/// Linear, for sides that are too long for all pairs.
void pair_by_what_stayed(Side& gone, Side& added, Pairs& pairs) {
  const std::set<std::string> changed = fields_changed_in_all(gone, added);
  std::unordered_map<std::string, std::deque<std::size_t>> places;
  for (std::size_t g = 0; g < gone.size(); ++g) {
    places[text_without(gone.fields[g], changed)].push_back(g);
  }
  for (std::size_t a = 0; a < added.size(); ++a) {
    const auto found = places.find(text_without(added.fields[a], changed));
    if (found == places.end() || found->second.empty()) continue;
    const std::size_t g = found->second.front();
    if (!are_comparable(gone.fields[g], added.fields[a])) continue;
    found->second.pop_front();
    join(gone, g, added, a, pairs);
  }
}

}  // namespace

std::vector<FieldChange> changes_between(const Fields& before, const Fields& now) {
  return compare(before, now).changes;
}

Side::Side(const Design& design, const Design& other) {
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

std::vector<std::size_t> Side::unpaired() const {
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!is_paired[i]) indexes.push_back(i);
  }
  return indexes;
}

bool are_too_many(const Side& gone, const Side& added) {
  const std::size_t n_gone = gone.unpaired().size();
  return n_gone > 0 && added.unpaired().size() > kMaxPairs / n_gone;
}

Pairs pair_up(Side& gone, Side& added) {
  Pairs pairs;
  if (are_too_many(gone, added)) pair_by_what_stayed(gone, added, pairs);
  if (!are_too_many(gone, added)) pair_the_most_alike(gone, added, pairs);
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace host
