#include "journal/journal_sink.hpp"

#include "base/format.hpp"
#include "journal/journal_line.hpp"
#include "journal/journal_replay.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace study::journal {
namespace {

namespace fs = std::filesystem;
using checkpoint::EntryIndex;
using checkpoint::EntryTable;
using checkpoint::Transition;

constexpr std::size_t kPieceBytes = std::size_t{256} * 1024;

/// Whole lines from the front of `lines`: at least one, and as many as are a piece.
[[nodiscard]] std::string_view first_piece(std::string_view lines) {
  if (lines.size() <= kPieceBytes) return lines;
  std::size_t end = lines.rfind('\n', kPieceBytes - 1);
  if (end == std::string_view::npos) end = lines.find('\n');
  return lines.substr(0, end + 1);
}

/// The study as a study line tells of it: under way, and nothing running. What is running follows
/// in lines of its own.
[[nodiscard]] StudyManifest without_running(const EntryTable& table) {
  StudyManifest manifest = table.manifest();
  manifest.head.status = StudyStatus::running;
  manifest.head.completed_at.reset();
  for (ManifestEntry& entry : manifest.experiments) {
    if (entry.status != ExperimentState::running) continue;
    entry.status = ExperimentState::pending;
    entry.started_at.reset();
  }
  return manifest;
}

/// What looks torn may be a line that is just being written: then it is whole by the second look.
[[nodiscard]] std::optional<JournalContent> read_again_if_torn(const fs::path& path) {
  auto content = read_journal(path);
  if (!content || content->tail_problem.empty()) return content;
  return read_journal(path);
}

/// A journal that is there and can't be read is one that can't be used.
template <class Read>
auto unless_unreadable(const Read& read) {
  try {
    return read();
  } catch (const FileError& error) {
    throw CheckpointError(CheckpointError::Kind::corrupt, error.what());
  }
}

}  // namespace

void JournalSink::open(EntryTable& table, const StudyStart& event) {
  path_ = event.study_dir / kJournalFileName;
  auto reservation = std::make_unique<checkpoint::PathReservation>(path_, "journal_writer");
  const std::optional<JournalContent> earlier = take_earlier(event);
  if (earlier) {
    continue_behind(*earlier, table, event.time);
  } else {
    begin(table, event.time, event.resume_from != nullptr);
  }
  reservation_ = std::move(reservation);
}

/// The journal that a resumed study goes on with. What can't be used must not be overwritten:
/// somebody may be able to repair it.
std::optional<JournalContent> JournalSink::take_earlier(const StudyStart& event) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path_, error))) return std::nullopt;
  if (event.resume_from == nullptr) refuse_occupied();
  try {
    return take_read();
  } catch (const CheckpointError& problem) {
    const fs::path aside = checkpoint::set_aside(path_, "unreadable", event.time);
    log_(LogSeverity::warning,
         study::format("the journal can't be continued and is kept as {}, a new one is begun: {}",
                       aside.string(), problem.what()));
    return std::nullopt;
  }
}

std::optional<JournalContent> JournalSink::take_read() {
  std::optional<Read> read = std::exchange(read_, std::nullopt);
  if (read && read->path == path_ && checkpoint::version_of(path_) == read->version) {
    return std::move(read->content);
  }
  return read_journal(path_);
}

void JournalSink::refuse_occupied() const {
  const std::string way_out = study::format("move {} away", path_.string());
  std::string what;
  try {
    const auto found = read_again_if_torn(path_);
    if (!found) return;
    what = study::format("{} tells of {}", path_.string(),
                         checkpoint::describe_study(found->table.head(), found->table.counters()));
  } catch (const Error& error) {
    what = study::format("{} is there and can't be read: {}", path_.string(), error.what());
  }
  throw checkpoint::occupied(what, way_out);
}

/// Makes a new file, which is not there or is whole: a journal without its first line is none.
void JournalSink::begin(const EntryTable& table, Timestamp time, bool resumed) {
  std::string text;
  std::uint64_t lines = 1;
  append_study_line(text, lines, time, resumed, without_running(table));
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ManifestEntryView entry = table.entry(i);
    if (entry.status != ExperimentState::running) continue;
    Transition running;
    running.state = ExperimentState::running;
    running.time = entry.started_at.value_or(time);
    running.attributes = table.attributes(static_cast<EntryIndex>(i));
    append_state_line(text, ++lines, entry, table.attempts(static_cast<EntryIndex>(i)), running);
  }
  // Synced whatever the durability: a journal that a power loss leaves has its first line.
  replace_file(path_, text, Durability::power);
  file_.emplace(path_, options_.durability, calls_);
  lines_ = lines;
  unstored_.clear();  // the table has come after them
  unstored_lines_ = 0;
}

void JournalSink::continue_behind(const JournalContent& earlier, EntryTable& table,
                                  Timestamp time) {
  if (!earlier.tail_problem.empty()) keep_tail(earlier, time);
  copy_attempts(earlier.table, table);
  file_.emplace(path_, options_.durability, calls_);
  if (!earlier.tail_problem.empty()) file_->cut(earlier.size_bytes);
  std::string line;
  append_study_line(line, earlier.lines + 1, time, true, without_running(table));
  file_->append(line);
  lines_ = earlier.lines + 1;
}

void JournalSink::keep_tail(const JournalContent& earlier, Timestamp time) {
  const fs::path kept = checkpoint::free_name_beside(path_, "cut", time);
  std::ifstream tail(path_, std::ios::binary);
  tail.seekg(static_cast<std::streamoff>(earlier.size_bytes));
  const auto next_piece = [&](std::string& piece) {
    piece.resize(kPieceBytes);
    tail.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    piece.resize(static_cast<std::size_t>(tail.gcount()));
    if (tail.bad()) throw FileError("read " + path_.string(), EIO);
    return !piece.empty();
  };
  // Synced, or a power loss could take both: what is cut and its copy.
  replace_file(kept, next_piece, Durability::power);
  log_(LogSeverity::warning,
       study::format("the journal ends with damage, which is cut off and kept as {}: {}",
                     kept.string(), earlier.tail_problem));
}

void JournalSink::commit(EntryTable& table, const Transition& transition) {
  if (!file_) return begin_again(table, transition.time);
  append_state_line(unstored_, lines_ + ++unstored_lines_, table.entry(transition.entry),
                    transition.attempt, transition);
  append_unstored(table, transition.time);
}

void JournalSink::add(EntryTable& table, EntryIndex first, Timestamp time) {
  if (!file_) return begin_again(table, time);
  append_added_line(unstored_, lines_ + ++unstored_lines_, time, table, first);
  append_unstored(table, time);
}

void JournalSink::append_unstored(const EntryTable& table, Timestamp time) {
  append_pieces();
  if (!file_->is_upkeep_due()) return;
  if (!file_->is_in_place()) return begin_again(table, time);
  if (const int error = file_->take_sync_error(); error != 0) begin_anew(table, time, error);
}

void JournalSink::close(EntryTable& table, std::chrono::steady_clock::time_point /*deadline*/) {
  if (!has_end_) {
    if (!file_ || !file_->is_in_place()) {
      begin_again(table, table.head().completed_at.value_or(table.head().started_at));
    }
    append_pieces();
    std::string end;
    append_end_line(end, lines_ + 1, table.head());
    file_->append(end);
    has_end_ = true;
  }
  file_->sync();
  file_.reset();
  reservation_.reset();
}

/// Somebody has moved, removed or replaced the file while the study goes on, and what is appended
/// to it nobody would find. A new one gets everything up to now.
void JournalSink::begin_again(const EntryTable& table, Timestamp time) {
  file_.reset();
  std::error_code error;
  std::string found = "nothing";
  if (fs::exists(fs::symlink_status(path_, error))) {
    found = "another file, kept as " + checkpoint::set_aside(path_, "found", time).string();
  }
  begin(table, time, true);
  log_(LogSeverity::warning,
       study::format("the journal is not where it was, a new one is begun: {}; in its place was {}",
                     path_.string(), found));
}

/// The disk has not taken all lines, and nobody would write them again. They stay where they are,
/// since they can still be read; a new journal gets everything up to now.
void JournalSink::begin_anew(const EntryTable& table, Timestamp time, int error_number) {
  file_.reset();
  const fs::path aside = checkpoint::set_aside(path_, "unsynced", time);
  begin(table, time, true);
  log_(
      LogSeverity::warning,
      study::format("the disk has not taken all of the journal, which is kept as {}, and a new one "
                    "is begun: {}",
                    aside.string(), FileError("sync " + path_.string(), error_number).what()));
}

/// Piece by piece: each that fits on a disk that was full stays, and what is tried in vain is
/// never more than one, however long the outage.
void JournalSink::append_pieces() {
  while (!unstored_.empty()) {
    const std::string_view piece = first_piece(unstored_);
    const auto lines = piece.size() == unstored_.size()
                           ? unstored_lines_
                           : static_cast<std::uint64_t>(std::ranges::count(piece, '\n'));
    file_->append(piece);
    lines_ += lines;
    unstored_lines_ -= lines;
    unstored_.erase(0, piece.size());
  }
}

std::optional<StudyManifest> JournalSink::read_checkpoint(const CheckpointQuery& query) {
  const auto read = [&](const fs::path& study_dir) { return read_study(study_dir); };
  return query.study_dir.empty() ? checkpoint::read_latest_of_name(query, read)
                                 : read(query.study_dir);
}

bool JournalSink::read_attempts(const CheckpointQuery& query, const TakeAttempt& take) {
  if (!query.study_dir.empty()) return read_attempts_of(query.study_dir, take);
  fs::path latest;
  const auto remember = [&](const fs::path& study_dir) {
    latest = study_dir;
    return read_study(study_dir);
  };
  return checkpoint::read_latest_of_name(query, remember) && read_attempts_of(latest, take);
}

/// What looks torn is looked at again before anything is said, since nothing can be handed over
/// twice.
bool JournalSink::read_attempts_of(const fs::path& study_dir, const TakeAttempt& take) const {
  const fs::path path = study_dir / kJournalFileName;
  return unless_unreadable([&] {
    const auto content = read_journal(path, take);
    if (content && !content->tail_problem.empty()) warn_of_tail(read_journal(path));
    return content.has_value();
  });
}

void JournalSink::warn_of_tail(const std::optional<JournalContent>& content) const {
  if (!content || content->tail_problem.empty()) return;
  log_(LogSeverity::warning, content->tail_problem + ", what is before it is read");
}

std::optional<StudyManifest> JournalSink::read_study(const fs::path& study_dir) {
  return unless_unreadable([&]() -> std::optional<StudyManifest> {
    const fs::path path = study_dir / kJournalFileName;
    const auto version = checkpoint::version_of(path);
    auto content = read_again_if_torn(path);
    if (!content) return std::nullopt;
    warn_of_tail(content);
    StudyManifest manifest = content->table.manifest();
    if (version) read_ = Read{path, *version, *std::move(content)};
    return manifest;
  });
}

}  // namespace study::journal
