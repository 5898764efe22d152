// Bytes that are a plugin's for one call.
#include "check_plugin/rehearsal.hpp"

#include <string>

namespace plugin_check {
namespace {

using study::StudyOutcome;

void play_with(const CaseContext& context, Lending lending, bool checks) {
  const PluginFile plugin(context.plugin);
  CallStyle style;
  style.lending = lending;
  Rehearsal rehearsal(context, plugin, make_stage(context), style);
  rehearsal.start();
  for (int i = 0; i < 10; ++i) {
    rehearsal.play_random(4);
    if (checks) rehearsal.check("after the bytes of earlier calls have changed");
  }
  rehearsal.stop_running();
  rehearsal.end(StudyOutcome::interrupted);
  if (checks) rehearsal.check("after the bytes of earlier calls have changed");
  rehearsal.observer().destroy();
}

/// Dies of SIGSEGV if not.
std::string read_only_in_the_call(const CaseContext& context) {
  play_with(context, Lending::forbidden_later, false);
  return {};
}

/// Dies of SIGSEGV if not.
std::string read_only_what_is_there(const CaseContext& context) {
  play_with(context, Lending::forbidden_beyond, false);
  return {};
}

std::string keep_copies(const CaseContext& context) {
  play_with(context, Lending::scrambled_later, true);
  return {};
}

}  // namespace

void add_borrowed_cases(std::vector<Case>& cases) {
  constexpr std::string_view kGroup = "borrowed bytes";
  cases.push_back({kGroup, "it reads them only during the call", &read_only_in_the_call});
  cases.push_back({kGroup, "it takes no text for terminated", &read_only_what_is_there});
  cases.push_back({kGroup, "it keeps copies of what it needs longer", &keep_copies});
}

}  // namespace plugin_check
