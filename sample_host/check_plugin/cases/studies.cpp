// What a plugin whose store has many studies tells of them, and what it tells of a store that is
// away.
#include "base/format.hpp"
#include "check_plugin/rehearsal.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

namespace host {
namespace {

using study::ExperimentState;
using study::StoredStudy;
using study::StudyOutcome;

std::vector<StoredStudy> list(const CaseContext& context, const std::string& study_name) {
  PluginObserver reader(context);
  reader.create();
  return reader.list_studies({study_name, context.results_dir});
}

std::string text_of(const StoredStudy& study) {
  std::string text;
  study::append_stored_study(text, study);
  return text;
}

/// What has to be told of it; of what may be left out, nothing.
StoredStudy expected_of(const Rehearsal& rehearsal) {
  const study::StudyManifest& manifest = rehearsal.expected();
  std::error_code ignored;
  return {.study_name = manifest.head.study_name,
          .study_dir = std::filesystem::weakly_canonical(rehearsal.study().study_dir, ignored),
          .study_design_hash = {},
          .status = manifest.head.status,
          .started_at = manifest.head.started_at,
          .completed_at = manifest.head.completed_at,
          .counters = study::count_entries(manifest),
          .running = 0,
          .writer = {}};
}

/// Throws `CaseFailed` that begins with `when` unless the study is listed once, as it is.
void check(const std::vector<StoredStudy>& studies, const Rehearsal& rehearsal,
           std::string_view when) {
  const StoredStudy expected = expected_of(rehearsal);
  std::vector<StoredStudy> found;
  std::copy_if(studies.begin(), studies.end(), std::back_inserter(found),
               [&](const StoredStudy& study) { return study.study_dir == expected.study_dir; });
  if (found.size() != 1) {
    throw CaseFailed(study::format("{} it lists the study in {} {} times", when, expected.study_dir,
                                   found.size()));
  }
  StoredStudy given = found.front();
  if (given.status == study::StudyStatus::running &&
      given.writer.state == study::WriterState::gone) {
    throw CaseFailed(study::format("{} it says that its writer is gone", when));
  }
  given.study_design_hash.clear();
  given.running = 0;
  given.writer = {};
  if (text_of(given) == text_of(expected)) return;
  throw CaseFailed(
      study::format("{} it lists {}, and not {}", when, text_of(given), text_of(expected)));
}

void list_the_studies(const CaseContext& context) {
  static_cast<void>(list(context, {}));  // skips those that keep no list
  StartedRehearsal first(context);
  StartedRehearsal second(context);
  const auto entries = first.expected().experiments;
  first.play(entries.at(0), ExperimentState::running);
  first.play(entries.at(0), ExperimentState::completed);
  first.play(entries.at(1), ExperimentState::running);
  first.play(entries.at(1), ExperimentState::failed);
  first.play(entries.at(2), ExperimentState::running);
  const auto under_way = list(context, {});
  check(under_way, first, "while two studies are under way");
  check(under_way, second, "while two studies are under way");
  first.stop(StudyOutcome::interrupted);
  const auto afterwards = list(context, {});
  check(afterwards, first, "when one of two studies has ended");
  check(afterwards, second, "when one of two studies has ended");
}

void list_those_of_a_name(const CaseContext& context) {
  static_cast<void>(list(context, {}));
  StartedRehearsal study(context);
  const std::string& name = study.expected().head.study_name;
  check(list(context, name), study, "asked for those of its name");
  for (const StoredStudy& one : list(context, name + " of another kind")) {
    throw CaseFailed(
        study::format("asked for `{} of another kind`, it lists {}", name, text_of(one)));
  }
}

void tell_no_earlier_host_that_the_store_is_away(const CaseContext& context) {
  CallStyle style;
  style.host_minor = 1;
  if (context.plugin.table_for(STUDY_ABI_MAJOR, style.host_minor) == nullptr) return;
  PluginObserver observer(context, std::move(style));
  observer.create();
  const StudyOnDisk study = make_study(context);
  const Answer answer = observer.start(study.config, study.study_dir, moment(0));
  if (answer.status == STUDY_STORE_AWAY) {
    throw CaseFailed(answer.text() +
                     ": a host of version 1.1 of the interface doesn't know it; STUDY_FAILED is "
                     "for that");
  }
  if (answer.ok()) observer.end(StudyOutcome::interrupted, moment(1)).expect_ok();
}

}  // namespace

std::vector<Case> study_cases() {
  constexpr std::string_view kGroup = "studies";
  return {{kGroup, "it lists the studies of its store", &list_the_studies},
          {kGroup, "asked for those of one name, it lists no others", &list_those_of_a_name},
          {kGroup, "no host of an earlier version is told that the store is away",
           &tell_no_earlier_host_that_the_store_is_away}};
}

}  // namespace host
