// Texts of events: those that a host may send, and those that it should not.
#include "check_plugin/rehearsal.hpp"

#include <study/text.hpp>

#include <string>
#include <string_view>

namespace plugin_check {
namespace {

using namespace std::string_view_literals;
using study::ExperimentState;
using study::StudyOutcome;

/// The first experiment fails with `message`, and is run again.
Answer fail_with(Rehearsal& rehearsal, std::string_view type, std::string_view message) {
  const study::ManifestEntry entry = rehearsal.expected().experiments.front();
  rehearsal.play(sample_event(entry, ExperimentState::running, rehearsal.next_moment()));
  SampleEvent event = sample_event(entry, ExperimentState::failed, rehearsal.next_moment());
  event.error_type = type;
  event.error_message = message;
  return rehearsal.offer(event);
}

std::string take_any_text(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  for (const std::string_view text :
       {"\"quoted\" and 'quoted'"sv, "back\\slash \\n \\u0000"sv, "control \x01\x1f\x7f"sv,
        "zero \0 inside"sv, "lines\nand\ttabs\r\n"sv, "\u00e9 \u6f22 \u2028 \U0001F600"sv,
        "'; DROP TABLE studies; --"sv, "%s%n%d {} ${HOME} $(id)"sv, "</script><!--"sv}) {
    fail_with(rehearsal, "RuntimeError", study::failure_message(text))
        .expect_ok("with the error message `" + study::failure_message(text) + "`");
    rehearsal.check_if_kept("after such an error message");
  }
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("at the end");
  return {};
}

/// A host cuts messages long before, so one that refuses it is right, too.
std::string take_long_texts(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  static_cast<void>(fail_with(rehearsal, "RuntimeError", std::string(100'000, 'y')));
  std::string wide;
  for (int i = 0; i < 25'000; ++i) wide += "\U0001F600";
  static_cast<void>(fail_with(rehearsal, std::string(5'000, 'T'), wide));
  static_cast<void>(fail_with(rehearsal, "RuntimeError", std::string(100'000, '\x01')));
  rehearsal.end(StudyOutcome::completed);
  return {};
}

/// Repaired or refused, and never handed on as it is: what is read back is parsed as UTF-8, and so
/// is what is logged.
std::string survive_ill_formed_text(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  const std::string hash = rehearsal.expected().experiments.front().config_hash;
  for (const std::string_view bad : {"half \xc3"sv, "\xff\xfe"sv, "\xed\xa0\x80 surrogate"sv,
                                     "\xc0\x80"sv, "\xf4\x90\x80\x80"sv}) {
    SampleEvent event{hash, 1, ExperimentState::failed, rehearsal.next_moment()};
    event.error_type = bad;
    event.error_message = bad;
    static_cast<void>(rehearsal.observer().experiment(event.view()));
    SampleEvent unknown{std::string(bad), 1, ExperimentState::running, rehearsal.next_moment()};
    static_cast<void>(rehearsal.observer().experiment(unknown.view()));
    SampleEvent again{hash, 1, ExperimentState::running, rehearsal.next_moment()};
    static_cast<void>(rehearsal.observer().experiment(again.view()));
  }
  PluginObserver reader(context, plugin);
  reader.create();
  if (plugin.table().read_checkpoint != nullptr) {
    static_cast<void>(reader.read({rehearsal.stage().study_dir, {}, context.results_dir}));
  }
  rehearsal.end(StudyOutcome::completed);
  if (const std::string objection = rehearsal.observer().book().objection(); !objection.empty()) {
    throw CaseFailed(objection);
  }
  return {};
}

}  // namespace

void add_text_cases(std::vector<Case>& cases) {
  constexpr std::string_view kGroup = "texts";
  cases.push_back({kGroup, "it takes quotes, control characters, U+0000 and 4-byte characters",
                   &take_any_text});
  cases.push_back({kGroup, "it survives texts of 100 kB", &take_long_texts});
  cases.push_back({kGroup, "it repairs or refuses what is not UTF-8", &survive_ill_formed_text});
}

}  // namespace plugin_check
