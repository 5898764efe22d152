/// The lines of a journal, played one after the other.
#pragma once

#include "base/json_fields.hpp"
#include "checkpoint/entry_table.hpp"
#include "journal/journal_attempts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace study::journal {

/// Numbers the attempts of the entries of `to` on from those in `from`, as far as it has them.
void copy_attempts(const checkpoint::EntryTable& from, checkpoint::EntryTable& to);

/// Takes the lines of one journal, in order, each of which must have its right checksum. Throws
/// `CheckpointError` for what is no line of a journal, or can't be its next one.
class JournalReplay {
 public:
  /// `path` is what messages call the journal; `attempts` gets to know of all of them, unless it is
  /// null.
  explicit JournalReplay(std::string path, AttemptReplay* attempts = nullptr)
      : path_(std::move(path)), attempts_(attempts) {}

  void take(std::string_view line);

  [[nodiscard]] std::uint64_t lines() const { return lines_; }

  /// From the first line on. Its attempts are numbered as in the journal.
  [[nodiscard]] checkpoint::EntryTable& table() { return *table_; }

 private:
  /// Refuses a field of the present line.
  struct Refusal {
    const JournalReplay& replay;
    void operator()(std::string_view key, const std::string& what) const;
  };
  using Fields = JsonFields<Refusal>;

  void check_format(const Fields& fields) const;
  void take_study(std::string_view manifest_text);
  void take_state(const Fields& fields);
  void take_added(const Fields& fields);
  void take_end(const Fields& fields);

  [[nodiscard]] std::string place() const;
  [[noreturn]] void refuse(const std::string& what) const;

  const std::string path_;
  AttemptReplay* const attempts_;
  std::uint64_t lines_ = 0;  ///< the number of the present one while it is taken
  std::optional<checkpoint::EntryTable> table_;
  bool has_ended_ = false;
};

}  // namespace study::journal
