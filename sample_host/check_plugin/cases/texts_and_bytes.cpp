// Texts with all that may be in them, to a plugin and from it, and bytes that are a plugin's for
// one call.
#include "base/format.hpp"
#include "check_plugin/rehearsal.hpp"

#include <study/text.hpp>

#include <thread>

namespace host {
namespace {

using namespace std::string_view_literals;
using study::ExperimentState;
using study::StudyOutcome;

/// A thread that has not been joined says something within a moment, or hardly ever.
constexpr std::chrono::milliseconds kMoment{20};

/// The first experiment fails with `message`, and is run again.
Answer fail_with(Rehearsal& rehearsal, std::string_view type, std::string_view message) {
  const study::ManifestEntry entry = rehearsal.expected().experiments.front();
  rehearsal.play(entry, ExperimentState::running);
  SampleEvent event = rehearsal.next(entry, ExperimentState::failed);
  event.error_type = type;
  event.error_message = message;
  return rehearsal.offer(event);
}

void take_any_text(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
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
}

/// A host cuts messages long before, so one that refuses it is right, too.
void take_long_texts(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  static_cast<void>(fail_with(rehearsal, "RuntimeError", std::string(100'000, 'y')));
  std::string wide;
  for (int i = 0; i < 25'000; ++i) wide += "\U0001F600";
  static_cast<void>(fail_with(rehearsal, std::string(5'000, 'T'), wide));
  static_cast<void>(fail_with(rehearsal, "RuntimeError", std::string(100'000, '\x01')));
  rehearsal.end(StudyOutcome::completed);
}

/// Repaired or refused, and never handed on as it is: what is read back is parsed as UTF-8, and so
/// is what is logged.
void survive_ill_formed_text(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
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
  PluginObserver reader(context);
  reader.create();
  if (context.plugin.table().read_checkpoint != nullptr) {
    static_cast<void>(reader.read({rehearsal.study().study_dir, {}, context.results_dir}));
  }
  rehearsal.end(StudyOutcome::completed);
  rehearsal.observer().host().check();
}

/// Dies of SIGSEGV where bytes are read that are out of reach.
void log_text(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.observer().host().check();
  rehearsal.start();
  rehearsal.play_random(5);
  const study::ManifestEntry entry = rehearsal.expected().experiments.back();
  static_cast<void>(rehearsal.offer(entry, ExperimentState::completed));
  rehearsal.end(StudyOutcome::completed);
  rehearsal.observer().destroy();
  rehearsal.observer().host().check();
  const std::size_t messages = rehearsal.observer().host().messages();
  context.remark(study::format("{} message{}", messages, messages == 1 ? "" : "s"));
}

/// The first observer's host must not hear of what the second one does.
void log_in_time(const CaseContext& context) {
  StartedRehearsal first(context);
  first.play_random(3);
  first.end(StudyOutcome::completed);
  first.observer().destroy();
  StartedRehearsal second(context);
  second.play_random(3);
  second.observer().destroy();
  std::this_thread::sleep_for(kMoment);
  first.observer().host().check();
  second.observer().host().check();
}

void play_with(const CaseContext& context, Lending lending, bool checks) {
  StartedRehearsal rehearsal(context, {.lending = lending});
  for (int i = 0; i < 10; ++i) {
    rehearsal.play_random(4);
    if (checks) rehearsal.check("after the bytes of earlier calls have changed");
  }
  rehearsal.stop(StudyOutcome::interrupted);
  if (checks) rehearsal.check("after the bytes of earlier calls have changed");
  rehearsal.observer().destroy();
}

}  // namespace

std::vector<Case> text_cases() {
  constexpr std::string_view kGroup = "texts";
  return {
      {kGroup, "it takes quotes, control characters, U+0000 and 4-byte characters", &take_any_text},
      {kGroup, "it survives texts of 100 kB", &take_long_texts},
      {kGroup, "it repairs or refuses what is not UTF-8", &survive_ill_formed_text}};
}

std::vector<Case> log_cases() {
  constexpr std::string_view kGroup = "log";
  return {{kGroup, "it logs text, with a severity that exists", &log_text},
          {kGroup, "it logs nothing after destroy", &log_in_time}};
}

std::vector<Case> borrowed_cases() {
  constexpr std::string_view kGroup = "borrowed bytes";
  return {
      {kGroup, "it reads them only during the call",
       [](const CaseContext& context) { play_with(context, Lending::forbidden_later, false); }},
      {kGroup, "it takes no text for terminated",
       [](const CaseContext& context) { play_with(context, Lending::forbidden_beyond, false); }},
      {kGroup, "it keeps copies of what it needs longer",
       [](const CaseContext& context) { play_with(context, Lending::scrambled_later, true); }}};
}

}  // namespace host
