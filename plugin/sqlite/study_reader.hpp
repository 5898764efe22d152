/// Reads what is stored of a study, also out of a database that others may be writing to.
#pragma once

#include "sqlite/database.hpp"

#include <study/manifest.hpp>
#include <study/observer.hpp>

namespace study::sqlite {

/// Which rows are a study's.
struct StudyKey {
  std::int64_t study_id = 0;
  Timestamp started_at;
};

/// Where the database of the studies in `results_dir` is.
[[nodiscard]] std::filesystem::path database_path(const std::filesystem::path& option,
                                                  const std::filesystem::path& results_dir);

/// What `studies.study_dir` says of a study: its directory relative to the database's folder where
/// it lies in that, so that both can be moved together, else its absolute path.
[[nodiscard]] std::string stored_directory(const std::filesystem::path& study_dir,
                                           const std::filesystem::path& database);

/// The study that was begun last in this directory.
[[nodiscard]] std::optional<StudyKey> latest_study_in(Database& database,
                                                      const std::string& stored_directory);

/// The rows of a study that there is. Throws `CheckpointError` for what no study has written.
[[nodiscard]] StudyManifest read_study(Database& database, std::int64_t study_id);

/// All attempts at the entries of the study, from one moment; false where there is no database or
/// it doesn't know the study. Otherwise as below.
[[nodiscard]] bool read_stored_attempts(const std::filesystem::path& database,
                                        std::chrono::milliseconds busy_timeout,
                                        const CheckpointQuery& query, const TakeAttempt& take);

/// All studies of that name, or all where it is empty, from one moment; false where there is no
/// database. Otherwise as below.
[[nodiscard]] bool list_stored_studies(const std::filesystem::path& database,
                                       std::chrono::milliseconds busy_timeout,
                                       const std::string& study_name, const TakeStudy& take);

/// The checkpoint, from one moment; empty where there is no database or it doesn't know the study.
/// By directory it is the study that was begun there last.
///
/// Changes neither the database nor its log: what a killed writer has left stays for the next one.
/// Throws `CheckpointError` for a database that can't be used.
[[nodiscard]] std::optional<StudyManifest> read_stored_checkpoint(
    const std::filesystem::path& database, std::chrono::milliseconds busy_timeout,
    const CheckpointQuery& query);

}  // namespace study::sqlite
