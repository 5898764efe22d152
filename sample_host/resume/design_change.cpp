#include "resume/design_change.hpp"

#include "input/input_error.hpp"
#include "resume/design_pairs.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace host {
namespace {

constexpr std::size_t kMaxNamed = 10;  ///< of each kind
constexpr std::string_view kKindIndent = "             ";

/// What has changed, and the present names of the configurations in which it has.
using Changes = std::vector<std::pair<std::vector<FieldChange>, std::vector<std::string>>>;

Changes group_changes(const Side& gone, const Side& added, const Pairs& pairs) {
  Changes changes;
  std::map<std::vector<FieldChange>, std::size_t> places;
  for (const auto& [a, g] : pairs) {
    auto fields = changes_between(gone.fields[g], added.fields[a]);
    const auto [place, is_new] = places.emplace(fields, changes.size());
    if (is_new) changes.emplace_back(std::move(fields), std::vector<std::string>());
    changes[place->second].second.push_back(visible(added.configurations[a]->summary));
  }
  return changes;
}

/// The names of those without a partner; with their hashes where the other side has the name, too.
std::vector<std::string> names_of_unpaired(const Side& side, const Side& other) {
  std::unordered_set<std::string_view> others;
  for (const std::size_t i : other.unpaired()) others.insert(other.configurations[i]->summary);
  std::vector<std::string> names;
  for (const std::size_t i : side.unpaired()) {
    const DesignedConfiguration& configuration = *side.configurations[i];
    const bool is_ambiguous = others.contains(configuration.summary);
    names.push_back(visible(configuration.summary) +
                    (is_ambiguous ? " (" + visible(configuration.config_hash) + ")" : ""));
  }
  return names;
}

bool is_same_order(const Design& before, const Design& now) {
  return std::equal(before.begin(), before.end(), now.begin(), now.end(),
                    [](const auto& a, const auto& b) { return a.config_hash == b.config_hash; });
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
    return "  the same " + configurations_text(n_unchanged) +
           (is_same_order(before, now) ? ", in the same order: only the design hash differs\n"
                                       : ", in another order\n");
  }
  std::string text;
  const Pairs pairs = pair_up(gone, added);
  for (const auto& [fields, names] : group_changes(gone, added, pairs)) {
    append_list(text, "changed:", names);
    for (const FieldChange& field : fields) {
      text += std::string(kKindIndent) + "  " + visible(field.key) + ": " + field.before + " → " +
              field.now + "\n";
    }
  }
  append_list(text, "new:", names_of_unpaired(added, gone));
  append_list(text, "gone:", names_of_unpaired(gone, added));
  append_list(text, "unchanged:",
              n_unchanged == 0 ? std::vector<std::string>()
                               : std::vector{configurations_text(n_unchanged)});
  if (are_too_many(gone, added)) {
    text += "  new and gone ones are too many to look for the same experiment among them\n";
  }
  return text;
}

}  // namespace host
