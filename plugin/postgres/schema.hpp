/// The tables, and how they come into being and are brought up to date.
#pragma once

#include "postgres/connection.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace study::postgres {

/// Brings the tables of the version before it to `version`, which the table schema_version has.
struct Migration {
  std::int32_t version;
  const char* sql;  ///< `{s}` is the schema
};

/// From no tables to the present version.
[[nodiscard]] std::span<const Migration> migrations();

/// Throws `InputError` for a name that can't name a schema and a channel.
void check_schema_name(std::string_view schema);

/// `sql` with the quoted name of the schema in the place of each `{s}`.
[[nodiscard]] std::string in_schema(std::string_view sql, std::string_view schema);

/// The key of an advisory lock for `purpose`; the locks of a database are shared by all who use it.
[[nodiscard]] std::int64_t lock_key(std::string_view purpose);

/// Makes the tables, or brings them up to date, under an advisory lock: of several hosts that start
/// at once one does it. Throws `CheckpointError` (newer_version) for the tables of a later
/// program, `StudyError` if the schema can't be made.
void migrate(Connection& connection, const std::string& schema, Deadline deadline,
             std::span<const Migration> steps = migrations());

/// For readers, who also read the tables of an earlier version: false if there are none. Throws
/// `CheckpointError` (newer_version) as above.
[[nodiscard]] bool has_tables(Connection& connection, const std::string& schema, Deadline deadline);

}  // namespace study::postgres
