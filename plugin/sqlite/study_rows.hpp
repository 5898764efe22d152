/// What is stored of a study, as values.
#pragma once

#include "sqlite/database.hpp"

#include <study/manifest.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace study::sqlite {

/// Which rows are a study's.
struct StudyKey {
  std::int64_t study_id = 0;
  Timestamp started_at;
};

/// What `studies.study_dir` says of a study: its directory relative to the database's folder where
/// it lies in that, so that both can be moved together, else its absolute path.
[[nodiscard]] std::string stored_directory(const std::filesystem::path& study_dir,
                                           const std::filesystem::path& database);

/// The study that was begun last in this directory.
[[nodiscard]] std::optional<StudyKey> latest_study_in(Database& database,
                                                      const std::string& stored_directory);
/// The study of this name that has the latest start.
[[nodiscard]] std::optional<StudyKey> latest_study_named(Database& database,
                                                         std::string_view study_name);

[[nodiscard]] ManifestHead read_head(Database& database, std::int64_t study_id);

/// In order of their positions. Throws `CheckpointError` for a state that is none.
[[nodiscard]] std::vector<ManifestEntry> read_entries(Database& database, std::int64_t study_id);

}  // namespace study::sqlite
