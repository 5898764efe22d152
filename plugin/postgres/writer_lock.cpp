#include "postgres/writer_lock.hpp"

#include "base/format.hpp"
#include "postgres/schema.hpp"

#include <study/atomic_file.hpp>

#include <random>

namespace study::postgres {
namespace {

constexpr std::uint64_t kMaxIdBytes = 4096;

/// Without it a power loss could take the id from a directory whose study is in the database.
void sync_directory(const std::filesystem::path& directory) {
  const UniqueFd fd = open_file(directory.c_str(), O_RDONLY | O_DIRECTORY);
  if (!fd || (::fsync(fd.get()) != 0 && errno != EINVAL)) {
    throw FileError("sync " + directory.string(), errno);
  }
}

[[nodiscard]] std::int64_t key_of(const WriterLock& lock) {
  return lock_key(lock.schema, lock.directory);
}

/// False if another session has it: the session's lock_timeout has passed. Else `lock` knows the
/// session, by what the server calls it: what a pooler tells its clients is something else.
[[nodiscard]] bool try_lock(Connection& connection, WriterLock& lock, Deadline deadline) {
  try {
    const Rows session = connection.run(
        "SELECT pg_catalog.pg_backend_pid() FROM pg_catalog.pg_advisory_lock($1::bigint)",
        Parameters(key_of(lock)), deadline);
    lock.server_pid = static_cast<int>(session.integer(0, 0));
    return true;
  } catch (const ServerError& error) {
    if (error.sqlstate() == "55P03") return false;  // lock_not_available
    throw;
  }
}

/// Columns 0 to 2 of `rows`: host, process and since when.
[[nodiscard]] std::string describe_writer(const Rows& rows) {
  if (rows.size() == 0) return "another host that is just starting";
  return study::format("{}, process {}, since {}", rows.text(0, 0), rows.integer(0, 1),
                       format_timestamp(rows.time(0, 2)));
}

/// Ends the session that held it before; it lives on in the server if the network failed.
void end_former_session(Connection& connection, const WriterLock& lock, Deadline deadline) {
  const auto key = static_cast<std::uint64_t>(key_of(lock));
  connection.run(
      "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_locks WHERE locktype = "
      "'advisory' AND objsubid = 1 AND granted AND pid = $1::int AND classid::bigint = $2::bigint "
      "AND objid::bigint = $3::bigint",
      Parameters(lock.server_pid, key >> 32, key & 0xffffffff), deadline);
}

}  // namespace

std::string random_token() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device random;
  std::string token;
  for (int i = 0; i < 32; ++i) token += kDigits[random() % kDigits.size()];
  return token;
}

std::optional<DirectoryId> read_directory_id(const std::filesystem::path& study_dir) {
  const std::filesystem::path path = study_dir / kDirectoryIdFileName;
  std::string text;
  try {
    text = read_file(path, kMaxIdBytes);
  } catch (const FileError& error) {
    if (error.code().value() == ENOENT) return std::nullopt;
    throw;
  }
  const bool whole = text.size() == 33 && text.back() == '\n';
  if (whole) text.pop_back();
  if (!whole || text.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw StudyError(path.string() +
                     " does not hold the 32 hex digits of a directory's id: restore it, or move it "
                     "away to begin anew in the database");
  }
  FileIdentity found;
  const int error = identify_file(AT_FDCWD, study_dir.c_str(), 0, found);
  if (error != 0) throw FileError("stat " + study_dir.string(), error);
  return DirectoryId{std::move(text), static_cast<std::int64_t>(found.inode)};
}

DirectoryId make_directory_id(const std::filesystem::path& study_dir, const std::string& token) {
  if (auto id = read_directory_id(study_dir)) return *std::move(id);
  const std::filesystem::path path = study_dir / kDirectoryIdFileName;
  const std::filesystem::path own = path.string() + "." + token;
  replace_file(own, token + "\n", Durability::power);
  // Unlike a rename, a link leaves the id that somebody else has given the directory meanwhile.
  const int error = ::link(own.c_str(), path.c_str()) == 0 ? 0 : errno;
  std::error_code ignored;
  std::filesystem::remove(own, ignored);
  if (error == 0) {
    sync_directory(study_dir);
  } else if (error != EEXIST) {  // a file system that has no links
    replace_file(path, token + "\n", Durability::power);
  }
  auto id = read_directory_id(study_dir);
  if (!id) throw StudyError(path.string() + " was removed while it was being made: try again");
  return *std::move(id);
}

std::int64_t lock_key(std::string_view schema, const DirectoryId& directory) {
  return lock_key(study::format("study {} {} {}", schema, directory.token, directory.inode));
}

std::optional<std::set<std::int64_t>> held_locks(Connection& connection, Deadline deadline) {
  if (connection.run("SELECT 1 WHERE pg_catalog.pg_is_in_recovery()", deadline).size() != 0) {
    return std::nullopt;
  }
  const Rows rows = connection.run(
      "SELECT (l.classid::bigint << 32) | l.objid::bigint FROM pg_catalog.pg_locks AS l JOIN "
      "pg_catalog.pg_database AS d ON d.oid = l.database WHERE l.locktype = 'advisory' AND "
      "l.objsubid = 1 AND l.granted AND d.datname = pg_catalog.current_database()",
      deadline);
  std::set<std::int64_t> keys;
  for (int i = 0; i < rows.size(); ++i) keys.insert(rows.integer(i, 0));
  return keys;
}

void acquire(Connection& connection, WriterLock& lock, Deadline deadline) {
  if (!try_lock(connection, lock, deadline)) {
    const Rows writer = connection.run(
        in_schema("SELECT writer_host, writer_pid, writer_since_us FROM {s}.studies WHERE "
                  "directory_id = $1::text AND directory_inode = $2::bigint ORDER BY study_id DESC "
                  "LIMIT 1",
                  lock.schema),
        Parameters(lock.directory.token, lock.directory.inode), deadline);
    throw StudyError(study::format(
        "the study in {} is being written to {} by {}: wait until it has ended, or stop it there. "
        "If that host is gone, the server notices within half a minute",
        lock.study_dir, connection.description(), describe_writer(writer)));
  }
}

void reacquire(Connection& connection, WriterLock& lock, Deadline deadline) {
  const bool locked = try_lock(connection, lock, deadline);
  const Rows row = connection.run(
      in_schema(
          "SELECT writer_host, writer_pid, writer_since_us, writer_token FROM {s}.studies WHERE "
          "study_id = $1::bigint",
          lock.schema),
      Parameters(lock.study_id), deadline);
  if (row.size() == 0) {
    throw TakenOver(study::format("the study {} was deleted from {}: nothing more is written there",
                                  lock.study_id, connection.description()));
  }
  if (row.text(0, 3) != lock.token) {
    throw TakenOver(study::format(
        "the study in {} was taken over in {} by {} while the server could not be reached: nothing "
        "more is written there. Stop one of the two",
        lock.study_dir, connection.description(), describe_writer(row)));
  }
  if (!locked) {
    end_former_session(connection, lock, deadline);
    if (!try_lock(connection, lock, deadline)) {
      throw ServerError("another session of " + connection.description() +
                        " holds the study's lock");
    }
  }
}

}  // namespace study::postgres
