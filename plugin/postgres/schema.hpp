/// The tables, and how they come into being.
#pragma once

#include "postgres/connection.hpp"

namespace study::postgres {

/// What the table schema_version says.
inline constexpr std::int32_t kTablesVersion = 4;

/// Throws `InputError` for a name that can't name a schema and a channel.
void check_schema_name(std::string_view schema);

/// `sql` with the quoted name of the schema in the place of each `{s}`.
[[nodiscard]] std::string in_schema(std::string_view sql, std::string_view schema);

/// The key of an advisory lock for `purpose`; the locks of a database are shared by all who use it.
[[nodiscard]] std::int64_t lock_key(std::string_view purpose);

/// Makes the tables where there are none, under an advisory lock: of several hosts that start at
/// once one does it. Throws `CheckpointError` for the tables of a later program (newer_version) or
/// an earlier one, `StudyError` if the schema can't be made.
void make_tables(Connection& connection, const std::string& schema, Deadline deadline);

/// For readers: false if there are none. Throws `CheckpointError` as above.
[[nodiscard]] bool has_tables(Connection& connection, const std::string& schema, Deadline deadline);

}  // namespace study::postgres
