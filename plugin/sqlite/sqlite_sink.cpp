#include "sqlite/sqlite_sink.hpp"

#include "sqlite/checkpoint_reader.hpp"
#include "sqlite/study_rows.hpp"

#include <utility>

namespace study::sqlite {
namespace {

using checkpoint::EntryTable;

// A look costs a tenth of a transition. What went to a lost database meanwhile is in the table, and
// stored from there.
constexpr std::chrono::milliseconds kLookInterval{50};

/// Worth another try on the same connection.
[[nodiscard]] bool may_pass(const DatabaseError& error) {
  return error.is_busy() || error.code() == SQLITE_FULL;
}

[[nodiscard]] std::filesystem::path parent_of(const std::filesystem::path& study_dir) {
  return study_dir.has_filename() ? study_dir.parent_path() : study_dir.parent_path().parent_path();
}

}  // namespace

void SqliteSink::open(const EntryTable& table, const StudyStart& event) {
  path_ = database_path(options_.path, parent_of(event.study_dir));
  stored_directory_ = stored_directory(event.study_dir, path_);
  auto writer = std::make_unique<StudyWriter>(path_, options_);
  bases_ = event.resume_from == nullptr ? writer->start(stored_directory_, table)
                                        : writer->resume(stored_directory_, table);
  writer_ = std::move(writer);
  looked_ = std::chrono::steady_clock::now();
}

void SqliteSink::commit(const EntryTable& table, Transitions transitions) {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ >= kLookInterval) {
    looked_ = now;
    leave_moved_database();
  }
  store(table, transitions);
}

void SqliteSink::close(const EntryTable& table, Transitions missed) {
  leave_moved_database();
  store(table, missed);
  try {
    writer_->finish(table.head());
  } catch (const DatabaseError& error) {
    if (!may_pass(error)) writer_.reset();
    throw;
  }
  writer_.reset();
}

std::optional<StudyManifest> SqliteSink::read_checkpoint(const CheckpointQuery& query) {
  const auto results_dir =
      query.results_dir.empty() ? parent_of(query.study_dir) : query.results_dir;
  return read_stored_checkpoint(database_path(options_.path, results_dir), options_.busy_timeout,
                                query);
}

void SqliteSink::store(const EntryTable& table, Transitions missed) {
  try {
    if (writer_ == nullptr) {
      connect_again(table, missed);
    } else if (!missed.empty()) {
      writer_->write(missed, bases_);
    }
  } catch (const DatabaseError& error) {
    if (!may_pass(error)) writer_.reset();
    throw;
  }
}

void SqliteSink::connect_again(const EntryTable& table, Transitions missed) {
  auto writer = std::make_unique<StudyWriter>(path_, options_);
  bases_ = writer->rejoin(stored_directory_, table, missed, bases_);
  writer_ = std::move(writer);
}

void SqliteSink::leave_moved_database() {
  if (writer_ == nullptr || !writer_->has_moved()) return;
  log_(LogSeverity::warning,
       path_.string() + " has been moved or removed; the study is stored anew at its place");
  writer_.reset();
}

}  // namespace study::sqlite
