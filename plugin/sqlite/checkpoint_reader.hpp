/// Reads the checkpoint of a study out of a database that others may be writing to.
#pragma once

#include <study/manifest.hpp>
#include <study/observer.hpp>

#include <chrono>
#include <filesystem>
#include <optional>

namespace study::sqlite {

/// Where the database of the studies in `results_dir` is.
[[nodiscard]] std::filesystem::path database_path(const std::filesystem::path& option,
                                                  const std::filesystem::path& results_dir);

/// The checkpoint, from one moment; empty where there is no database or it doesn't know the study.
/// By directory it is the study that was begun there last.
///
/// Changes neither the database nor its log: what a killed writer has left stays for the next one.
/// Throws `CheckpointError` for a database that can't be used.
[[nodiscard]] std::optional<StudyManifest> read_stored_checkpoint(
    const std::filesystem::path& database, std::chrono::milliseconds busy_timeout,
    const CheckpointQuery& query);

}  // namespace study::sqlite
