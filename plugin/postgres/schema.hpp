/// The tables, and how they come into being and are brought up to date.
#pragma once

#include "postgres/connection.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace study::postgres {

/// The version of the tables that this program writes and reads.
inline constexpr std::int32_t kSchemaVersion = 1;

/// Throws `InputError` for a name that can't name a schema and a channel.
void check_schema_name(std::string_view schema);

/// `sql` with the quoted name of the schema in the place of each `{s}`.
[[nodiscard]] std::string in_schema(std::string_view sql, std::string_view schema);

/// The key of an advisory lock for `purpose`; the locks of a database are shared by all who use it.
[[nodiscard]] std::int64_t lock_key(std::string_view purpose);

/// Makes the tables, or brings them up to date, under an advisory lock: of several hosts that start
/// at once one does it. Throws `CheckpointError` (newer_version) for the tables of a later
/// program, `StudyError` if the schema can't be made.
void migrate(Connection& connection, const std::string& schema, Deadline deadline);

/// For readers: false if there are no tables. Throws `CheckpointError` (newer_version) as above.
[[nodiscard]] bool has_tables(Connection& connection, const std::string& schema, Deadline deadline);

}  // namespace study::postgres
