#include "sqlite/study_writer.hpp"

#include "sqlite/attempts.hpp"
#include "sqlite/settlement.hpp"
#include "sqlite/study_rows.hpp"

#include <optional>
#include <string_view>

namespace study::sqlite {
namespace {

using checkpoint::EntryTable;
using checkpoint::Transition;

[[nodiscard]] std::optional<std::string_view> text(const std::string& value) {
  return value.empty() ? std::nullopt : std::optional<std::string_view>(value);
}

}  // namespace

StudyWriter::StudyWriter(const std::filesystem::path& path, const SqliteOptions& options)
    : connection_(path, options.durability, options.busy_timeout),
      database_(connection_.database()),
      store_attempt_(database_, kStoreAttempt),
      end_attempt_(database_, kEndAttempt) {}

AttemptBases StudyWriter::start(const std::string& stored_directory, const EntryTable& table) {
  WriteTransaction transaction(database_);
  insert_study(stored_directory, table.head());
  match_entries(database_, study_id_, table);
  transaction.commit();
  return {};
}

AttemptBases StudyWriter::resume(const std::string& stored_directory, const EntryTable& table) {
  return rejoin(stored_directory, table, {}, {});
}

AttemptBases StudyWriter::rejoin(const std::string& stored_directory, const EntryTable& table,
                                 std::span<const Transition> missed, const AttemptBases& bases) {
  WriteTransaction transaction(database_);
  if (!take_study(stored_directory, table.head())) insert_study(stored_directory, table.head());
  match_entries(database_, study_id_, table);
  for (const Transition& transition : missed) write_one(transition, bases);
  AttemptBases result = match_states(database_, study_id_, table);
  transaction.commit();
  return result;
}

void StudyWriter::write(std::span<const Transition> transitions, const AttemptBases& bases) {
  if (transitions.size() == 1) {  // one row: the statement is a transaction of its own
    write_one(transitions.front(), bases);
    return;
  }
  WriteTransaction transaction(database_);
  for (const Transition& transition : transitions) write_one(transition, bases);
  transaction.commit();
}

void StudyWriter::finish(const ManifestHead& head) {
  update_study(head);
  connection_.copy_log();
}

void StudyWriter::insert_study(const std::string& stored_directory, const ManifestHead& head) {
  Statement(database_,
            "INSERT INTO studies (study_dir, study_name, study_design_hash, schema_version,"
            " framework_version, status, started_at_us, completed_at_us)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .run(stored_directory, head.study_name, head.study_design_hash, kManifestSchemaVersion,
           head.framework_version, to_string(head.status), head.started_at, head.completed_at);
  study_id_ = sqlite3_last_insert_rowid(database_.handle());
}

void StudyWriter::update_study(const ManifestHead& head) {
  Statement(database_,
            "UPDATE studies SET study_name = ?, study_design_hash = ?, schema_version = ?,"
            " framework_version = ?, status = ?, started_at_us = ?, completed_at_us = ?"
            " WHERE study_id = ?")
      .run(head.study_name, head.study_design_hash, kManifestSchemaVersion, head.framework_version,
           to_string(head.status), head.started_at, head.completed_at, study_id_);
}

bool StudyWriter::take_study(const std::string& stored_directory, const ManifestHead& head) {
  // Another start in the same directory is another study, whose history must stay.
  const auto found = latest_study_in(database_, stored_directory);
  if (!found || found->started_at != head.started_at) return false;
  study_id_ = found->study_id;
  update_study(head);
  return true;
}

void StudyWriter::write_one(const Transition& transition, const AttemptBases& bases) {
  const std::int64_t base = bases.empty() ? 0 : bases[transition.entry];
  const std::int64_t attempt = base + transition.attempt;
  if (transition.state == ExperimentState::running) {
    store_attempt_.run(study_id_, transition.entry, attempt, kRunning, transition.time,
                       std::nullopt, std::nullopt, std::nullopt, std::nullopt);
    return;
  }
  const std::string_view status = attempt_status(transition.state);
  const auto result_file = text(transition.result_file);
  const auto error_type = text(transition.error_type);
  const auto error_message = text(transition.error_message);
  end_attempt_.run(status, transition.time, result_file, error_type, error_message, study_id_,
                   transition.entry, attempt);
  if (sqlite3_changes64(database_.handle()) > 0) return;
  // It could not even be started.
  store_attempt_.run(study_id_, transition.entry, attempt, status, std::nullopt, transition.time,
                     result_file, error_type, error_message);
}

}  // namespace study::sqlite
