// What a plugin that keeps all attempts tells of them.
#include "base/format.hpp"
#include "check_plugin/rehearsal.hpp"

#include <study/attempt.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace host {
namespace {

using study::ExperimentState;
using study::StudyAttempt;
using study::StudyOutcome;

using Attempts = std::map<std::pair<std::string, std::int32_t>, std::vector<StudyAttempt>>;

/// Of the study as another observer of the plugin reads them, by run; empty for a study that it
/// doesn't know.
std::optional<Attempts> read(const CaseContext& context, const std::filesystem::path& study_dir) {
  PluginObserver reader(context);
  reader.create();
  const auto given = reader.read_attempts({study_dir, {}, context.results_dir});
  if (!given) return std::nullopt;
  Attempts attempts;
  for (const StudyAttempt& one : *given) attempts[{one.config_hash, one.cycle}].push_back(one);
  return attempts;
}

std::string text_of(const StudyAttempt& attempt) {
  std::string text;
  study::append_attempt(text, attempt);
  return text;
}

/// Plays a study, and knows its attempts.
class Attempted {
 public:
  explicit Attempted(const CaseContext& context) : context_(context), rehearsal_(context) {}

  void enter(std::size_t entry, ExperimentState state, std::string attributes = {}) {
    SampleEvent event = rehearsal_.next(rehearsal_.expected().experiments.at(entry), state);
    event.attributes = std::move(attributes);
    rehearsal_.play(event);
    std::vector<StudyAttempt>& own = expected_[{event.config_hash, event.cycle}];
    if (own.empty() || own.back().ended_at) {
      own.push_back({.config_hash = event.config_hash,
                     .cycle = event.cycle,
                     .attempt = static_cast<std::uint32_t>(own.size() + 1)});
    }
    StudyAttempt& attempt = own.back();
    if (!event.attributes.empty()) attempt.attributes = event.attributes;
    if (state == ExperimentState::running) {
      attempt.started_at = event.time;
      return;
    }
    attempt.ended_at = event.time;
    attempt.state = state == ExperimentState::completed ? study::AttemptState::completed
                    : state == ExperimentState::failed  ? study::AttemptState::failed
                                                        : study::AttemptState::interrupted;
    if (!event.result_file.empty()) attempt.result_file = event.result_file;
    if (!event.error_type.empty()) attempt.error_type = event.error_type;
    if (!event.error_message.empty()) attempt.error_message = event.error_message;
  }

  void check(std::string_view when) const {
    const auto given = read(context_, rehearsal_.study().study_dir);
    if (!given) throw CaseFailed(study::format("{} it doesn't know the study", when));
    for (const auto& [run, expected] : expected_) {
      const auto found = given->find(run);
      const std::size_t count = found == given->end() ? 0 : found->second.size();
      if (count != expected.size()) {
        throw CaseFailed(study::format("{} it tells of {} attempts at {} cycle {}, and not of {}",
                                       when, count, run.first, run.second, expected.size()));
      }
      for (std::size_t i = 0; i < count; ++i) {
        if (found->second[i] == expected[i]) continue;
        throw CaseFailed(study::format("{} it tells of {}, and not of {}", when,
                                       text_of(found->second[i]), text_of(expected[i])));
      }
    }
    if (given->size() != expected_.size()) {
      throw CaseFailed(study::format("{} it tells of attempts at runs that had none", when));
    }
  }

  [[nodiscard]] Rehearsal& rehearsal() { return rehearsal_; }

 private:
  const CaseContext& context_;
  StartedRehearsal rehearsal_;
  Attempts expected_;
};

void tell_of_all_attempts(const CaseContext& context) {
  using enum ExperimentState;
  static_cast<void>(read(context, context.results_dir / "none"));  // skips those that keep none
  Attempted study(context);
  study.check("at the study's start");
  study.enter(0, running, R"({"slot":3})");
  study.check("while a run is under way");
  study.enter(0, failed);
  study.enter(0, running, R"({"slot":1})");
  study.enter(1, running);
  study.enter(2, failed);
  study.enter(0, completed);
  study.enter(1, pending);
  study.check("while the study is under way");
  study.enter(1, running);
  study.enter(1, completed);
  study.rehearsal().stop(StudyOutcome::interrupted);
  study.check("when the study has ended");
}

void tell_of_none_without_a_study(const CaseContext& context) {
  if (read(context, context.results_dir / "none")) {
    throw CaseFailed("it knows the attempts of a study that is not there");
  }
  Attempted study(context);
  study.enter(0, ExperimentState::running);
  if (read(context, context.results_dir / "none")) {
    throw CaseFailed("asked for another study's, it knows the attempts of the one that is there");
  }
}

}  // namespace

std::vector<Case> attempt_cases() {
  return {
      {"attempts", "it tells of all attempts at each run", &tell_of_all_attempts},
      {"attempts", "of a study that is not there it tells of none", &tell_of_none_without_a_study}};
}

}  // namespace host
