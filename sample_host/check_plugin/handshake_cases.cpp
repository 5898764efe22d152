// What a plugin says of itself before it makes anything.
#include "check_plugin/check_case.hpp"
#include "check_plugin/plugin_file.hpp"

#include <study/text.hpp>

#include <string>

namespace plugin_check {
namespace {

std::string load(const CaseContext& context) {
  context.step("the loading of the library");
  const PluginFile plugin(context.plugin);
  return {};
}

std::string export_one_symbol(const CaseContext& context) {
  const auto symbols = exported_symbols(context.plugin);
  if (!symbols) throw CaseSkipped("it is no 64-bit ELF file with a table of its symbols");
  std::string others;
  std::size_t count = 0;
  for (const std::string& symbol : *symbols) {
    if (symbol == STUDY_OBSERVER_ENTRY_POINT) continue;
    if (++count <= 3) others += (others.empty() ? "" : ", ") + symbol;
  }
  if (count == 0) return {};
  if (count > 3) others += " and " + std::to_string(count - 3) + " more";
  throw CaseFailed("it also exports " + others +
                   "; link it with a version script, as study_add_observer() does");
}

/// A later minor version may be refused, though it only adds; a table must be one all the same.
std::string answer_other_versions(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  context.step("the entry point");
  for (const auto& [major, minor] : {std::pair{STUDY_ABI_MAJOR, STUDY_ABI_MINOR + 7},
                                     std::pair{STUDY_ABI_MAJOR + 1, 0U}, std::pair{0U, 0U}}) {
    const study_observer_plugin* table = plugin.table_for(major, minor);
    if (table == nullptr || table->magic == STUDY_OBSERVER_MAGIC) continue;
    throw CaseFailed("it hands a host of version " + std::to_string(major) + "." +
                     std::to_string(minor) + " something that is no table");
  }
  return {};
}

void check_text(const std::string& what, study_string text, bool is_required) {
  if (text.size != 0 && text.data == nullptr) {
    throw CaseFailed(what + " has a size but no data");
  }
  if (text.size == 0) {
    if (is_required) throw CaseFailed(what + " is empty");
    return;
  }
  const std::string_view view(text.data, text.size);
  const std::string valid = study::to_valid_utf8(view);
  if (valid != view) throw CaseFailed(what + " is not UTF-8: " + valid);
}

std::string describe_itself(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  check_text("its name", plugin.table().name, true);
  check_text("its version", plugin.table().version, false);
  check_text("its description", plugin.table().description, false);
  return {};
}

}  // namespace

void add_handshake_cases(std::vector<Case>& cases) {
  constexpr std::string_view kGroup = "handshake";
  cases.push_back({kGroup, "it loads and shakes hands", &load, true});
  cases.push_back({kGroup, "it exports its entry point alone", &export_one_symbol});
  cases.push_back({kGroup, "it answers hosts of other versions", &answer_other_versions});
  cases.push_back({kGroup, "its name, version and description are text", &describe_itself});
}

}  // namespace plugin_check
