#include "output_log.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>

namespace study_host {

void OutputLog::fail(const char* operation, int error_number) {
  error_ = std::string(operation) + " " + path_.string() + ": " +
           std::generic_category().message(error_number);
}

void OutputLog::append(std::string_view bytes) {
  if (bytes.empty() || !error_.empty()) return;
  if (!file_) {
    // Append, not truncate: a retried experiment keeps the log of its earlier attempt.
    file_.reset(
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!file_) return fail("open", errno);
  }
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return fail("write", errno);
    }
  }
}

}  // namespace study_host
