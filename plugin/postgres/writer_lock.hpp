/// One writer for a study, whatever the number of hosts, and which study it is.
#pragma once

#include "postgres/connection.hpp"

#include <study/study_lock.hpp>

#include <set>

namespace study::postgres {

/// The file in the study directory that holds it.
inline constexpr std::string_view kDirectoryIdFileName = ".study_id";

/// Which study directory it is. Its path doesn't tell: there are symbolic links, bind mounts and
/// shares that each host mounts elsewhere.
struct DirectoryId {
  std::string token;       ///< what its file says; a copy of the directory has the same
  std::int64_t inode = 0;  ///< of the directory: the same for all hosts that share it (NFS,
                           ///< Lustre), and another one for a copy
  friend bool operator==(const DirectoryId&, const DirectoryId&) = default;
};

/// 32 random hex digits.
[[nodiscard]] std::string random_token();

/// The id of the study directory; empty if it has none. Throws `StudyError` for a file that holds
/// something else, `FileError` if it can't be read.
[[nodiscard]] std::optional<DirectoryId> read_directory_id(const std::filesystem::path& study_dir);

/// The same, and gives the directory one if it has none; of several who do that at once, all get
/// the same. Synced when it returns.
[[nodiscard]] DirectoryId make_directory_id(const std::filesystem::path& study_dir,
                                            const std::string& token);

/// The study is somebody else's now, or gone: nothing of it may be written any more.
class TakenOver : public ServerError {
 public:
  using ServerError::ServerError;
};

/// The right to write to a study: an advisory lock that belongs to the session, so that the server
/// frees it when the session ends, and a record of who holds it in the study's row.
struct WriterLock {
  std::string schema;
  DirectoryId directory;
  std::string study_dir;  ///< a path of it, for people
  Writer writer;
  std::string token;          ///< tells this writer from every other one
  std::int64_t study_id = 0;  ///< once the row is there
  int server_pid = 0;         ///< of the last session that held the lock
};

/// The number of a study's advisory lock.
[[nodiscard]] std::int64_t lock_key(std::string_view schema, const DirectoryId& directory);

/// The numbers of all advisory locks that sessions have on this database; nothing from a server
/// that can't tell since it only follows another one.
[[nodiscard]] std::optional<std::set<std::int64_t>> held_locks(Connection& connection,
                                                               Deadline deadline);

/// Takes the lock for a study that is being opened. A writer whose death the server is about to
/// notice is waited for, as long as the session's lock_timeout says. Throws `StudyError` that says
/// who writes.
void acquire(Connection& connection, WriterLock& lock, Deadline deadline);

/// Takes it again after a reconnection; an own former session that the server still believes alive
/// is ended. Throws `TakenOver` if somebody else has written meanwhile, `ServerError` if it can't
/// be had just now.
void reacquire(Connection& connection, WriterLock& lock, Deadline deadline);

}  // namespace study::postgres
