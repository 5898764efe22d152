/// One writer for a study, whatever the number of hosts.
#pragma once

#include "postgres/connection.hpp"
#include "postgres/directory_id.hpp"

#include <study/study_lock.hpp>

#include <cstdint>
#include <string>

namespace study::postgres {

/// The study is somebody else's now, or gone: nothing of it may be written any more.
class TakenOver : public ServerError {
 public:
  using ServerError::ServerError;
};

/// The right to write to a study: an advisory lock that belongs to the session, so that the server
/// frees it when the session ends, and a record of who holds it in the study's row.
struct Claim {
  std::string schema;
  DirectoryId directory;
  std::string study_dir;  ///< a path of it, for people
  Writer writer;
  std::string token;          ///< tells this writer from every other one
  std::int64_t study_id = 0;  ///< once the row is there
  int server_pid = 0;         ///< of the last session that held the lock
};

/// Takes the lock for a study that is being opened. A writer whose death the server is about to
/// notice is waited for, as long as the session's lock_timeout says. Throws `StudyError` that says
/// who writes.
void take(Connection& connection, Claim& claim, Deadline deadline);

/// Takes it again after a reconnection; an own former session that the server still believes alive
/// is ended. Throws `TakenOver` if somebody else has written meanwhile, `ServerError` if it can't
/// be had just now.
void retake(Connection& connection, Claim& claim, Deadline deadline);

}  // namespace study::postgres
