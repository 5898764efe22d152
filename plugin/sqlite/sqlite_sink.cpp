#include "sqlite/sqlite_sink.hpp"

#include "base/format.hpp"
#include "sqlite/study_reader.hpp"

#include <algorithm>

namespace study::sqlite {
namespace {

using checkpoint::EntryTable;

// A look costs a tenth of a transition. What went to a lost database meanwhile is in the table, and
// stored from there.
constexpr std::chrono::milliseconds kLookInterval{50};

/// Transitions in one transaction: large enough that an outage is made up for quickly, small enough
/// that on a full disk what is tried in vain is little, however much was missed.
constexpr std::size_t kTransactionSize = 500;

/// For a database that has been locked for the whole busy timeout. Who has pressed Ctrl-C waits for
/// several transitions and several attempts at the end.
constexpr std::chrono::milliseconds kShortPatience{100};

/// Worth another try on the same connection.
[[nodiscard]] bool may_pass(const DatabaseError& error) {
  return error.is_busy() || error.code() == SQLITE_FULL;
}

[[nodiscard]] std::filesystem::path parent_of(const std::filesystem::path& study_dir) {
  return study_dir.has_filename() ? study_dir.parent_path() : study_dir.parent_path().parent_path();
}

}  // namespace

void SqliteSink::open(EntryTable& table, const StudyStart& event) {
  path_ = database_path(options_.path, parent_of(event.study_dir));
  stored_directory_ = stored_directory(event.study_dir, path_);
  auto writer = std::make_unique<StudyWriter>(path_, options_);
  if (event.resume_from == nullptr) {
    writer->start(stored_directory_, table);
  } else {
    writer->resume(stored_directory_, table);
  }
  writer_ = std::move(writer);
  looked_ = std::chrono::steady_clock::now();
}

void SqliteSink::commit(EntryTable& table, const checkpoint::Transition& transition) {
  unstored_.push_back(transition);
  look_after_database();
  store(table);
}

void SqliteSink::add(EntryTable& table, checkpoint::EntryIndex /*first*/, Timestamp /*time*/) {
  // The writer knows how many of the table's entries it has stored.
  look_after_database();
  store(table);
}

void SqliteSink::look_after_database() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < kLookInterval) return;
  looked_ = now;
  leave_moved_database();
}

void SqliteSink::close(EntryTable& table, std::chrono::steady_clock::time_point deadline) {
  deadline_ = deadline;
  wait_for_locks(patience_);
  leave_moved_database();
  store(table);
  try {
    wait_for_locks(patience_);
    writer_->finish(table.head());
  } catch (const DatabaseError& error) {
    note_failure(error);
    throw;
  }
  writer_.reset();
}

std::filesystem::path SqliteSink::database_of(const CheckpointQuery& query) const {
  return database_path(options_.path,
                       query.results_dir.empty() ? parent_of(query.study_dir) : query.results_dir);
}

std::optional<StudyManifest> SqliteSink::read_checkpoint(const CheckpointQuery& query) {
  return read_stored_checkpoint(database_of(query), options_.busy_timeout, query);
}

bool SqliteSink::read_attempts(const CheckpointQuery& query, const TakeAttempt& take) {
  return read_stored_attempts(database_of(query), options_.busy_timeout, query, take);
}

bool SqliteSink::list_studies(const StudiesQuery& query, const TakeStudy& take) {
  const std::filesystem::path database = database_path(options_.path, query.results_dir);
  if (!database.is_absolute()) return false;  // it lies beside the studies, wherever those are
  return list_stored_studies(database, options_.busy_timeout, query.study_name, take);
}

void SqliteSink::store(EntryTable& table) {
  try {
    if (writer_ == nullptr) connect_again(table);
    if (unstored_.empty() && !writer_->lacks_entries_of(table)) return;
    write_unstored(table);
  } catch (const DatabaseError& error) {
    note_failure(error);
    throw;
  }
  if (patience_ != options_.busy_timeout) wait_for_locks(options_.busy_timeout);
}

void SqliteSink::write_unstored(const EntryTable& table) {
  std::span<const checkpoint::Transition> left = unstored_;
  try {
    do {
      const std::size_t count = std::min(left.size(), kTransactionSize);
      writer_->write(table, left.first(count));
      left = left.subspan(count);
    } while (!left.empty());
  } catch (...) {
    const auto stored = static_cast<std::ptrdiff_t>(unstored_.size() - left.size());
    unstored_.erase(unstored_.begin(), unstored_.begin() + stored);
    throw;
  }
  unstored_.clear();
}

void SqliteSink::connect_again(EntryTable& table) {
  SqliteOptions options = options_;
  options.busy_timeout = patience_until_deadline();
  auto writer = std::make_unique<StudyWriter>(path_, options);
  writer->resume(stored_directory_, table, unstored_);
  writer_ = std::move(writer);
  unstored_.clear();
  wait_for_locks(options_.busy_timeout);
}

void SqliteSink::note_failure(const DatabaseError& error) {
  if (error.is_busy()) wait_for_locks(std::min(options_.busy_timeout, kShortPatience));
  if (!may_pass(error)) writer_.reset();
}

void SqliteSink::wait_for_locks(std::chrono::milliseconds patience) {
  patience_ = patience;
  if (writer_ != nullptr) writer_->wait_for_locks(patience_until_deadline());
}

std::chrono::milliseconds SqliteSink::patience_until_deadline() const {
  using std::chrono::milliseconds;
  if (!deadline_) return patience_;
  const auto left =
      std::chrono::duration_cast<milliseconds>(*deadline_ - std::chrono::steady_clock::now());
  return std::clamp(left, milliseconds(0), patience_);
}

void SqliteSink::leave_moved_database() {
  if (writer_ == nullptr) return;
  if (writer_->has_moved()) {
    log_(LogSeverity::warning,
         path_.string() + " has been moved or removed; the study is stored anew at its place");
  } else if (writer_->has_lost_log()) {
    log_(
        LogSeverity::warning,
        study::format("{}-wal has been removed, by hand or by another SQLite in this process (such "
                      "as Python's, when it closed the database); what was in it is stored again",
                      path_.string()));
  } else {
    return;
  }
  writer_.reset();
}

}  // namespace study::sqlite
