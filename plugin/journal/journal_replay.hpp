/// The lines of a journal, played one after the other.
#pragma once

#include "checkpoint/entry_table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace study::journal {

/// Numbers the attempts of the entries of `to` on from those in `from`, as far as it has them.
void copy_attempts(const checkpoint::EntryTable& from, checkpoint::EntryTable& to);

/// Takes the lines of one journal, in order, each of which must have its right checksum. Throws
/// `CheckpointError` for what is no line of a journal, or can't be its next one.
class JournalReplay {
 public:
  /// `path` is what messages call the journal.
  explicit JournalReplay(std::string path) : path_(std::move(path)) {}

  void take(std::string_view line);

  [[nodiscard]] std::uint64_t lines() const { return lines_; }

  /// From the first line on. Its attempts are numbered as in the journal.
  [[nodiscard]] checkpoint::EntryTable& table() { return *table_; }

 private:
  void check_format(const boost::json::object& fields) const;
  void take_study(std::string_view manifest_text);
  void take_state(const boost::json::object& fields);
  void take_end(const boost::json::object& fields);

  [[nodiscard]] std::string place() const;
  [[noreturn]] void refuse(const std::string& what) const;
  [[nodiscard]] std::string_view text(const boost::json::object& fields, std::string_view key,
                                      bool required = true) const;
  [[nodiscard]] std::int64_t integer(const boost::json::object& fields, std::string_view key,
                                     std::int64_t greatest) const;
  [[nodiscard]] Timestamp time(const boost::json::object& fields) const;

  const std::string path_;
  std::uint64_t lines_ = 0;  ///< the number of the present one while it is taken
  std::optional<checkpoint::EntryTable> table_;
  bool has_ended_ = false;
};

}  // namespace study::journal
