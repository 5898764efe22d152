/// The tables of a database of studies, their version, and how an older one becomes the present
/// one. FORMAT.md tells what they are for.
#pragma once

#include "sqlite/database.hpp"

#include <span>

namespace study::sqlite {

/// `PRAGMA application_id`: by which the file tells whose it is ("stud").
inline constexpr std::int64_t kApplicationId = 0x73747564;

/// Brings a database of the version before it to `version`, which `PRAGMA user_version` has.
struct Migration {
  std::int64_t version;
  const char* sql;
};

/// From version 0, an empty database, to the present version.
[[nodiscard]] std::span<const Migration> migrations();

/// True if the database has this program's tables, false if nothing is in it yet. Writes nothing.
///
/// Throws `CheckpointError`: `newer_version` for a later version of the schema, `corrupt` for
/// another application's database, or for an earlier version from which a checkpoint can't be read.
[[nodiscard]] bool has_schema(Database& database);

/// Creates what is missing, in one transaction: whoever comes at the same time waits, and finds it
/// done. Throws `CheckpointError` as above and `DatabaseError`; the database is then as it was.
void migrate(Database& database, std::span<const Migration> steps = migrations());

}  // namespace study::sqlite
