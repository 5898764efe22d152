/// The checkpoint as `journal.jsonl`: one line for each transition, and nothing is ever rewritten.
#pragma once

#include "checkpoint/sink.hpp"
#include "checkpoint/store_files.hpp"
#include "journal/append_file.hpp"
#include "journal/journal_reader.hpp"

#include <study/atomic_file.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace study::journal {

struct JournalOptions {
  Durability durability = Durability::process;
};

/// A transition is one write(2) at the end of the file, whatever the size of the study, and all
/// attempts of all experiments stay in it. What a crash leaves at its end is cut off, and kept in
/// a file of its own, before anything is appended to it. FORMAT.md tells what each line says.
class JournalSink final : public checkpoint::Sink {
 public:
  JournalSink(JournalOptions options, checkpoint::Log log,
              AppendCalls& calls = AppendCalls::system())
      : options_(options), log_(std::move(log)), calls_(calls) {}

  void open(checkpoint::EntryTable& table, const StudyStart& event) override;
  void commit(checkpoint::EntryTable& table, const checkpoint::Transition& transition) override;
  void add(checkpoint::EntryTable& table, checkpoint::EntryIndex first, Timestamp time) override;
  void close(checkpoint::EntryTable& table,
             std::chrono::steady_clock::time_point deadline) override;
  [[nodiscard]] std::optional<StudyManifest> read_checkpoint(const CheckpointQuery& query) override;
  [[nodiscard]] bool read_attempts(const CheckpointQuery& query, const TakeAttempt& take) override;

 private:
  [[nodiscard]] std::optional<StudyManifest> read_study(const std::filesystem::path& study_dir);
  [[nodiscard]] bool read_attempts_of(const std::filesystem::path& study_dir,
                                      const TakeAttempt& take) const;
  void warn_of_tail(const std::optional<JournalContent>& content) const;
  [[nodiscard]] std::optional<JournalContent> take_earlier(const StudyStart& event);
  /// As `read_journal`, of what has been read already if that is still the same.
  [[nodiscard]] std::optional<JournalContent> take_read();
  void begin(const checkpoint::EntryTable& table, Timestamp time, bool resumed);
  void continue_behind(const JournalContent& earlier, checkpoint::EntryTable& table,
                       Timestamp time);
  void keep_tail(const JournalContent& earlier, Timestamp time);
  void begin_again(const checkpoint::EntryTable& table, Timestamp time);
  void begin_anew(const checkpoint::EntryTable& table, Timestamp time, int error_number);
  /// Appends what is unstored, and does what needn't follow every line.
  void append_unstored(const checkpoint::EntryTable& table, Timestamp time);
  void append_pieces();
  /// Throws, since the study is a new one, if there is a journal already.
  void refuse_occupied() const;

  struct Read {
    std::filesystem::path path;
    checkpoint::FileVersion version;
    JournalContent content;
  };

  const JournalOptions options_;
  const checkpoint::Log log_;
  AppendCalls& calls_;
  std::optional<Read> read_;  ///< the latest; a host that resumes a study has asked for it
  std::filesystem::path path_;
  std::unique_ptr<checkpoint::PathReservation> reservation_;  ///< from open to close
  std::optional<AppendFile> file_;    ///< from open to close; empty while it can't be made anew
  std::uint64_t lines_ = 0;           ///< in the file
  std::string unstored_;              ///< lines that are to follow those in the file
  std::uint64_t unstored_lines_ = 0;  ///< how many
  bool has_end_ = false;              ///< the end of the study is in the file, synced or not
};

}  // namespace study::journal
