// Where an observer's store is away: whether another one keeps the study.
#include "base/format.hpp"
#include "session/checkpoints.hpp"
#include "session/session_state.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace study {
namespace {

/// How many entries `known` has as `last` has them.
[[nodiscard]] std::int64_t count_same(const StudyManifest& known, const StudyManifest& last) {
  std::map<std::pair<std::string_view, std::int32_t>, const ManifestEntry*> entries;
  for (const ManifestEntry& entry : known.experiments) {
    entries.try_emplace({entry.config_hash, entry.cycle}, &entry);
  }
  return std::ranges::count_if(last.experiments, [&](const ManifestEntry& entry) {
    const auto found = entries.find({entry.config_hash, entry.cycle});
    return found != entries.end() && *found->second == entry;
  });
}

}  // namespace

/// Whether another observer keeps the study, it says itself: as one that resumes would ask it. Else
/// the study is refused.
void Session::State::do_without(std::span<const std::pair<std::string, std::string>> away,
                                Timestamp time) {
  auto fresh = fresh_observers();
  std::erase_if(fresh, [&](const NamedObserver& observer) {
    return std::ranges::any_of(away, [&](const auto& it) { return it.first == observer.name; });
  });
  const CheckpointAnswers answers = ask_observers(fresh, {study_dir, {}, study_dir.parent_path()});
  if (answers.checkpoints.empty()) {
    observers->refuse(time);
    throw StudyError(
        study::format("the study cannot start: {}: {}", away.front().first, away.front().second));
  }
  for (const auto& [name, problem] : away) {
    options.log(LogSeverity::warning, name,
                study::format("{}. The study begins all the same, since {} keeps it: what happens "
                              "is stored here as soon as it can be",
                              problem, answers.checkpoints.front().observer));
  }
}

/// Those of the study can't be asked once they have started.
std::vector<NamedObserver> Session::State::fresh_observers() const {
  return create_observers(load_observers(options.observers, options.search),
                          {options.host_name, options.framework_version, options.log});
}

void Session::State::look_for_the_end() {
  CheckpointAnswers answers;
  try {
    answers = ask_observers(fresh_observers(), {study_dir, {}, study_dir.parent_path()});
  } catch (const Error& error) {
    answers.failures.push_back({{}, error.what()});
  }
  const StudyManifest last = table->manifest();
  std::int64_t most = 0;
  for (const auto& [observer, known] : answers.checkpoints) {
    if (known.head.status == last.head.status && known.experiments == last.experiments) {
      return warn(study::format("{} has the study as it ended: it is what the study goes on from",
                                observer));
    }
    most = std::max(most, count_same(known, last));
  }
  if (answers.checkpoints.empty() && answers.failures.empty()) return;  // nobody keeps one
  is_end_lost = true;
  try {
    replace_file(
        study_dir / kEndLostFileName,
        "No checkpoint could be told how the study ended. Resumed, it counts its results.\n",
        options.durability);
  } catch (const FileError& error) {
    warn(std::string("the results will not be counted without a rebuild: ") + error.what());
  }
  const std::string known =
      answers.checkpoints.empty()
          ? ""
          : study::format(" but {} of its {} experiments", most, last.experiments.size());
  log(LogSeverity::error,
      study::format("no checkpoint has the study as it ended{}. The results are in {}: when the "
                    "store is there again, resume the study, which counts them; what had failed "
                    "is run once more",
                    known, study_dir.string()));
}

}  // namespace study
