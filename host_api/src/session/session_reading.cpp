// A study as its observers know it, for who only looks.
#include "base/format.hpp"
#include "session/checkpoints.hpp"
#include "session/experiment_list.hpp"
#include "session/observers.hpp"

#include <study/error.hpp>
#include <study/session.hpp>

#include <system_error>
#include <utility>

namespace study {

std::optional<StudyManifest> read_study(const std::filesystem::path& study_dir,
                                        const SessionOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(study_dir, ignored)) return std::nullopt;
  const std::filesystem::path directory = std::filesystem::absolute(study_dir).lexically_normal();
  const LogFunction log = options.log ? options.log : [](auto, auto, auto) {};
  const auto observers = create_observers(load_observers(options.observers, options.search),
                                          {options.host_name, options.framework_version, log});
  CheckpointAnswers answers = ask_observers(observers, {directory, {}, directory.parent_path()});
  if (answers.checkpoints.empty()) {
    if (answers.failures.empty()) return std::nullopt;
    throw StudyError(study::format("no checkpoint in {} can be read: {}", directory.string(),
                                   join_texts(answers.failures)));
  }
  const auto kept = read_experiment_list(directory);
  return merge_checkpoints(std::move(answers),
                           kept ? std::optional(kept->started_at) : options.started_at, log);
}

}  // namespace study
