#include "postgres/claim.hpp"

#include "postgres/schema.hpp"

#include <study/timestamp.hpp>

namespace study::postgres {
namespace {

[[nodiscard]] std::int64_t key_of(const Claim& claim) {
  return lock_key("study " + claim.schema + " " + claim.directory.token + " " +
                  std::to_string(claim.directory.inode));
}

/// False if another session has it: the session's lock_timeout has passed.
[[nodiscard]] bool try_lock(Connection& connection, const Claim& claim, Deadline deadline) {
  try {
    connection.run("SELECT pg_catalog.pg_advisory_lock($1::bigint)",
                   BinaryRow().int8(key_of(claim)), deadline);
    return true;
  } catch (const ServerError& error) {
    if (error.sqlstate() == "55P03") return false;  // lock_not_available
    throw;
  }
}

/// Columns 0 to 2 of `rows`: host, process and since when.
[[nodiscard]] std::string describe_writer(const Rows& rows) {
  if (rows.size() == 0) return "another host that is just starting";
  return rows.text(0, 0) + ", process " + std::to_string(rows.int8(0, 1)) + ", since " +
         format_timestamp(rows.time(0, 2));
}

/// Ends the session that held the lock before; it lives on in the server if the network failed.
void end_former_session(Connection& connection, const Claim& claim, Deadline deadline) {
  const auto key = static_cast<std::uint64_t>(key_of(claim));
  connection.run(
      "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_locks WHERE locktype = "
      "'advisory' AND objsubid = 1 AND granted AND pid = $1::int AND classid::bigint = $2::bigint "
      "AND objid::bigint = $3::bigint",
      BinaryRow()
          .int4(claim.server_pid)
          .int8(static_cast<std::int64_t>(key >> 32))
          .int8(static_cast<std::int64_t>(key & 0xffffffff)),
      deadline);
}

}  // namespace

void take(Connection& connection, Claim& claim, Deadline deadline) {
  if (!try_lock(connection, claim, deadline)) {
    const Rows writer = connection.run(
        in_schema("SELECT writer_host, writer_pid, writer_since FROM {s}.studies WHERE "
                  "directory_id = $1::text AND directory_inode = $2::bigint ORDER BY study_id DESC "
                  "LIMIT 1",
                  claim.schema),
        BinaryRow().text(claim.directory.token).int8(claim.directory.inode), deadline);
    throw StudyError(
        "the study in " + claim.study_dir + " is being written to " + connection.description() +
        " by " + describe_writer(writer) +
        ": wait until it has ended, or stop it there. If that host is gone, the server "
        "notices within a minute");
  }
  claim.server_pid = connection.server_pid();
}

void retake(Connection& connection, Claim& claim, Deadline deadline) {
  const bool locked = try_lock(connection, claim, deadline);
  const Rows row = connection.run(
      in_schema("SELECT writer_host, writer_pid, writer_since, writer_token FROM {s}.studies WHERE "
                "study_id = $1::bigint",
                claim.schema),
      BinaryRow().int8(claim.study_id), deadline);
  if (row.size() == 0) {
    throw TakenOver("the study " + std::to_string(claim.study_id) + " was deleted from " +
                    connection.description() + ": nothing more is written there");
  }
  if (row.text(0, 3) != claim.token) {
    throw TakenOver("the study in " + claim.study_dir + " was taken over in " +
                    connection.description() + " by " + describe_writer(row) +
                    " while the server could not be reached: nothing more is written there. Stop "
                    "one of the two");
  }
  if (!locked) {
    end_former_session(connection, claim, deadline);
    if (!try_lock(connection, claim, deadline)) {
      throw ServerError("another session of " + connection.description() +
                        " holds the study's lock");
    }
  }
  claim.server_pid = connection.server_pid();
}

}  // namespace study::postgres
