/// Makes the stored rows of a study say what its table says, which is right.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "sqlite/database.hpp"

#include <cstdint>
#include <span>

namespace study::sqlite {

/// Has the table's entries as rows of a temporary table, for statements that compare them with what
/// is stored of the study, and change only what differs. Lives inside one transaction. Each step is
/// linear in the table.
class Reconciliation {
 public:
  Reconciliation(Database& database, std::int64_t study_id, const checkpoint::EntryTable& table);
  Reconciliation(const Reconciliation&) = delete;
  Reconciliation& operator=(const Reconciliation&) = delete;
  ~Reconciliation();

  /// Gives each entry of the table its row and its position, with the attempts that are stored of
  /// it. Entries that the table doesn't have go.
  void match_entries();

  /// Makes each entry's last attempt tell its state. Nothing that has happened is forgotten: an
  /// attempt that the table doesn't know of is kept, as `interrupted` where its writer was killed,
  /// as discarded where its result is no longer valid; one that only the table knows of is added.
  /// After `match_entries`.
  void match_attempts();

 private:
  void run_each(std::span<const char* const> statements);

  Database& database_;
  std::int64_t study_id_;
};

}  // namespace study::sqlite
