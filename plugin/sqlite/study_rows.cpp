#include "sqlite/study_rows.hpp"

#include "sqlite/statement.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <system_error>

namespace study::sqlite {
namespace {

namespace fs = std::filesystem;

[[nodiscard]] fs::path without_links(const fs::path& path) {
  std::error_code error;
  const fs::path plain = path.has_filename() ? path : path.parent_path();
  fs::path result = fs::weakly_canonical(plain, error);
  return error ? plain.lexically_normal() : result;
}

[[nodiscard]] std::optional<StudyKey> find_study(Database& database, std::string_view sql,
                                                 std::string_view value) {
  Statement find(database, sql);
  find.bind_all(value);
  if (!find.next()) return std::nullopt;
  return StudyKey{find.integer(0), find.time(1)};
}

/// A person may have put anything into a text.
[[nodiscard]] std::optional<std::string> optional_utf8(const Statement& row, int column) {
  const auto text = row.optional_text(column);
  return text ? std::optional(to_valid_utf8(*text)) : std::nullopt;
}

[[noreturn]] void refuse(const Database& database, const std::string& what) {
  throw CheckpointError(CheckpointError::Kind::corrupt,
                        database.path().string() + " holds what no study has written: " + what);
}

}  // namespace

std::string stored_directory(const fs::path& study_dir, const fs::path& database) {
  const fs::path directory = without_links(study_dir);
  const fs::path folder = without_links(database).parent_path();
  const auto [rest, in_directory] =
      std::mismatch(folder.begin(), folder.end(), directory.begin(), directory.end());
  if (rest != folder.end() || in_directory == directory.end()) return directory.string();
  return directory.lexically_relative(folder).string();
}

std::optional<StudyKey> latest_study_in(Database& database, const std::string& stored_directory) {
  return find_study(database,
                    "SELECT study_id, started_at_us FROM studies WHERE study_dir = ?"
                    " ORDER BY study_id DESC LIMIT 1",
                    stored_directory);
}

std::optional<StudyKey> latest_study_named(Database& database, std::string_view study_name) {
  return find_study(database,
                    "SELECT study_id, started_at_us FROM studies WHERE study_name = ?"
                    " ORDER BY started_at_us DESC, study_id DESC LIMIT 1",
                    study_name);
}

ManifestHead read_head(Database& database, std::int64_t study_id) {
  Statement row(database,
                "SELECT study_name, study_design_hash, framework_version, started_at_us,"
                " completed_at_us, status, schema_version FROM studies WHERE study_id = ?");
  row.bind_all(study_id);
  if (!row.next()) refuse(database, "no study " + std::to_string(study_id));
  const auto status = parse_study_status(row.text(5));
  if (!status) refuse(database, "the status of study " + std::to_string(study_id));
  if (row.text(6) != kManifestSchemaVersion) {
    throw CheckpointError(CheckpointError::Kind::newer_version,
                          database.path().string() + ": study " + std::to_string(study_id) +
                              " has schema_version " + to_valid_utf8(row.text(6)) +
                              ", and this program reads " + std::string(kManifestSchemaVersion));
  }
  return {to_valid_utf8(row.text(0)), to_valid_utf8(row.text(1)),
          to_valid_utf8(row.text(2)), row.time(3),
          row.optional_time(4),       *status};
}

std::vector<ManifestEntry> read_entries(Database& database, std::int64_t study_id) {
  Statement row(database,
                "SELECT config_hash, config_summary, cycle, status, result_file, error_type,"
                " error_message, started_at_us, ended_at_us"
                " FROM entry_states WHERE study_id = ? ORDER BY position");
  row.bind_all(study_id);
  std::vector<ManifestEntry> entries;
  while (row.next()) {
    const auto status = parse_experiment_state(row.text(3));
    if (!status) refuse(database, "the status of an entry of study " + std::to_string(study_id));
    entries.push_back({to_valid_utf8(row.text(0)), to_valid_utf8(row.text(1)),
                       static_cast<std::int32_t>(row.integer(2)), *status, optional_utf8(row, 4),
                       optional_utf8(row, 5), optional_utf8(row, 6), row.optional_time(7),
                       row.optional_time(8)});
  }
  return entries;
}

}  // namespace study::sqlite
