#include "run/output_log.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>

namespace host {
namespace {

namespace fs = std::filesystem;

/// Gives the log of an earlier attempt a name of its own: `{stem}.log` becomes `{stem}.1.log`, or
/// the next number that is free. Where that can't be done, the new attempt follows it in the same
/// file: nothing is lost.
void put_earlier_attempt_aside(const fs::path& path) {
  std::error_code error;
  if (fs::symlink_status(path, error).type() != fs::file_type::regular) return;
  for (int attempt = 1;; ++attempt) {
    fs::path aside = path;
    aside.replace_extension("." + std::to_string(attempt) + path.extension().string());
    if (fs::symlink_status(aside, error).type() != fs::file_type::not_found) {
      if (error && error != std::errc::no_such_file_or_directory) return;
      continue;
    }
    fs::rename(path, aside, error);
    return;
  }
}

}  // namespace

OutputLog::OutputLog(fs::path path) : path_(std::move(path)) {
  put_earlier_attempt_aside(path_);
}

void OutputLog::fail(const char* operation, int error_number) {
  error_ = std::string(operation) + " " + path_.string() + ": " +
           std::generic_category().message(error_number);
}

void OutputLog::append(std::string_view bytes) {
  if (bytes.empty() || !error_.empty()) return;
  if (!file_) {
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

}  // namespace host
