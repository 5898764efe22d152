#include "session/begin_lock.hpp"

#include "base/format.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace study {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// It takes milliseconds, of a study of very many runs some seconds.
constexpr std::chrono::seconds kPatience{120};
constexpr std::chrono::milliseconds kPause{20};

}  // namespace

BeginLock::BeginLock(const fs::path& results_dir, std::string_view study_name)
    : path_(results_dir / format(".{}.begin.lock", study_name)) {
  std::error_code error;
  for (fs::path folder = results_dir; !folder.empty() && !fs::exists(folder, error);) {
    created_.push_back(folder);
    folder = folder.parent_path();
  }
  const auto deadline = Clock::now() + kPatience;
  while (true) {
    fs::create_directories(results_dir, error);
    if (error) return;  // what is wrong with it the study's start tells
    UniqueFd file = open_regular_file(path_.c_str(), O_RDWR | O_CREAT);
    if (!file) {
      if (errno == EROFS || errno == EACCES) return;
      if (errno == ENOENT && Clock::now() < deadline) continue;  // another has taken it away again
      throw StudyError(format("cannot open {}: {}", path_.string(), open_problem(errno)));
    }
    const bool is_locked =
        retry_if_interrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) == 0;
    if (!is_locked && errno != EWOULDBLOCK) {
      ::unlink(path_.c_str());
      return;
    }
    if (is_locked) {
      file_ = UnsharedFd(std::move(file));
      if (is_still_there()) return;
      file_ = UnsharedFd();
      continue;  // its holder has taken it away in between
    }
    if (Clock::now() >= deadline) {
      throw StudyError(
          format("another host is about to begin the study {} in {} and doesn't come to an end: "
                 "stop it, then start again",
                 study_name, results_dir.string()));
    }
    std::this_thread::sleep_for(kPause);
  }
}

BeginLock& BeginLock::operator=(BeginLock&& other) noexcept {
  release();
  path_ = std::move(other.path_);
  created_ = std::move(other.created_);
  file_ = std::move(other.file_);
  process_ = other.process_;
  return *this;
}

/// The name goes before the lock does: whoever gets the lock of a file without a name asks again.
void BeginLock::release() noexcept {
  if (file_.get() < 0 || process_.is_in_child()) return;
  ::unlink(path_.c_str());
  for (const fs::path& folder : created_) {
    if (::rmdir(folder.c_str()) != 0) break;  // there is a study now
  }
  file_ = UnsharedFd();
}

bool BeginLock::is_still_there() const {
  FileIdentity opened;
  FileIdentity named;
  return identify_file(file_.get(), "", AT_EMPTY_PATH, opened) == 0 &&
         identify_file(AT_FDCWD, path_.c_str(), 0, named) == 0 && opened == named;
}

}  // namespace study
