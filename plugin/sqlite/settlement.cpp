#include "sqlite/settlement.hpp"

#include "sqlite/attempts.hpp"
#include "sqlite/statement.hpp"
#include "sqlite/study_rows.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace study::sqlite {
namespace {

using checkpoint::EntryTable;

/// Where an entry is stored.
struct Place {
  std::int64_t position;
  std::string config_hash;
  std::int32_t cycle;
  std::string config_summary;
};

[[nodiscard]] std::vector<Place> read_places(Database& database, std::int64_t study_id) {
  Statement row(database,
                "SELECT position, config_hash, cycle, config_summary FROM entries"
                " WHERE study_id = ? ORDER BY position");
  row.bind_all(study_id);
  std::vector<Place> places;
  while (row.next()) {
    places.push_back(
        {row.integer(0), row.text(1), static_cast<std::int32_t>(row.integer(2)), row.text(3)});
  }
  return places;
}

/// Of an entry; number 0 where it has none.
struct LastAttempt {
  std::int64_t number = 0;
  std::string status;
  std::optional<Timestamp> started_at;
};

[[nodiscard]] std::vector<LastAttempt> read_last_attempts(Database& database, std::int64_t study_id,
                                                          std::size_t entries) {
  // Beside max(), SQLite takes the other columns from the row that has the maximum
  // (lang_select.html, "Bare columns in an aggregate query").
  Statement row(database,
                "SELECT position, max(attempt), status, started_at_us FROM attempts"
                " WHERE study_id = ? GROUP BY position");
  row.bind_all(study_id);
  std::vector<LastAttempt> result(entries);
  while (row.next()) {
    result.at(static_cast<std::size_t>(row.integer(0))) = {row.integer(1), row.text(2),
                                                           row.optional_time(3)};
  }
  return result;
}

[[nodiscard]] bool says_the_same(const ManifestEntry& stored, const ManifestEntryView& entry) {
  return stored.status == entry.status && stored.started_at == entry.started_at &&
         stored.completed_at == entry.completed_at && stored.result_file == entry.result_file &&
         stored.error_type == entry.error_type && stored.error_message == entry.error_message;
}

/// Brings the last attempts of entries to what their table says.
class Settler {
 public:
  Settler(Database& database, std::int64_t study_id)
      : study_id_(study_id),
        store_(database, kStoreAttempt),
        interrupt_(database,
                   "UPDATE attempts SET status = ?"
                   " WHERE study_id = ? AND position = ? AND attempt = ?"),
        discard_(database,
                 "UPDATE attempts SET discarded = 1"
                 " WHERE study_id = ? AND position = ? AND attempt = ?") {}

  /// `last` is no longer true of the entry; gives the number of the attempt that is.
  std::int64_t settle(std::size_t position, const ManifestEntryView& entry,
                      const LastAttempt& last) {
    const bool was_running = last.status == kRunning;
    if (entry.status == ExperimentState::pending) {
      if (was_running) {
        interrupt_.run(kInterrupted, study_id_, position, last.number);
      } else {
        discard_.run(study_id_, position, last.number);
      }
      return last.number;
    }
    // The same start: its end has been missed, it is no attempt of its own.
    if (was_running && last.started_at == entry.started_at) {
      store(position, last.number, entry);
      return last.number;
    }
    if (was_running) interrupt_.run(kInterrupted, study_id_, position, last.number);
    store(position, last.number + 1, entry);
    return last.number + 1;
  }

 private:
  void store(std::size_t position, std::int64_t number, const ManifestEntryView& entry) {
    store_.run(study_id_, position, number, attempt_status(entry.status), entry.started_at,
               entry.completed_at, entry.result_file, entry.error_type, entry.error_message);
  }

  std::int64_t study_id_;
  Statement store_;
  Statement interrupt_;
  Statement discard_;
};

}  // namespace

void match_entries(Database& database, std::int64_t study_id, const EntryTable& table) {
  Statement remove(database, "DELETE FROM entries WHERE study_id = ? AND position = ?");
  Statement describe(database,
                     "UPDATE entries SET config_summary = ? WHERE study_id = ? AND position = ?");
  Statement move(database, "UPDATE entries SET position = ? WHERE study_id = ? AND position = ?");
  std::vector<bool> is_stored(table.size());
  for (const Place& place : read_places(database, study_id)) {
    const auto index = table.find(place.config_hash, place.cycle);
    if (!index) {
      remove.run(study_id, place.position);
      continue;
    }
    is_stored[*index] = true;
    const std::string_view summary = table.entry(*index).config_summary;
    if (place.config_summary != summary) describe.run(summary, study_id, place.position);
    // By way of a negative number, since the new position may not be free yet.
    if (place.position != *index) move.run(-1 - std::int64_t{*index}, study_id, place.position);
  }
  Statement(database,
            "UPDATE entries SET position = -1 - position WHERE study_id = ? AND position < 0")
      .run(study_id);

  Statement insert(database,
                   "INSERT INTO entries (study_id, position, config_hash, cycle, config_summary)"
                   " VALUES (?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < is_stored.size(); ++i) {
    if (is_stored[i]) continue;
    const ManifestEntryView entry = table.entry(i);
    insert.run(study_id, i, entry.config_hash, entry.cycle, entry.config_summary);
  }
}

std::vector<std::int64_t> match_states(Database& database, std::int64_t study_id,
                                       const EntryTable& table) {
  const auto stored = read_entries(database, study_id);
  const auto last = read_last_attempts(database, study_id, stored.size());
  Settler settler(database, study_id);
  std::vector<std::int64_t> bases(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const ManifestEntryView entry = table.entry(i);
    const std::int64_t number =
        says_the_same(stored[i], entry) ? last[i].number : settler.settle(i, entry, last[i]);
    bases[i] = number - table.attempts(static_cast<checkpoint::EntryIndex>(i));
  }
  return bases;
}

}  // namespace study::sqlite
