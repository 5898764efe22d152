#include "terminal/unblocked_output.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace host {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxPendingBytes = std::size_t{64} << 10;

}  // namespace

UnblockedOutput::UnblockedOutput(int fd) : fd_(fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return;
  if (S_ISSOCK(status.st_mode)) {
    kind_ = Kind::socket;
  } else if (S_ISFIFO(status.st_mode) || ::isatty(fd) == 1) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    own_ = study::open_file(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY);
    // Another user's terminal, after su: it can be asked whether it has room.
    kind_ = own_ ? Kind::own_description : Kind::asks_before;
  }
}

void UnblockedOutput::write(std::string_view bytes) {
  catch_up();
  if (pending_.size() + bytes.size() > kMaxPendingBytes && is_behind()) {
    ++left_out_;
    return;
  }
  pending_ += bytes;
  catch_up();
}

void UnblockedOutput::catch_up() {
  while (!pending_.empty()) {
    const ssize_t size = write_some(pending_);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (size < 0) pending_.clear();  // there is no reader any more
    pending_.erase(0, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (!pending_.empty() || left_out_ == 0) continue;
    pending_ = "study-host: warning: " + std::to_string(std::exchange(left_out_, 0)) +
               " lines are missing here, since nobody read them; study.log has the log's\n";
  }
}

/// -1 with EAGAIN where there is no room.
ssize_t UnblockedOutput::write_some(std::string_view bytes) const {
  return study::retry_if_interrupted([&]() -> ssize_t {
    switch (kind_) {
      case Kind::socket:
        return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      case Kind::asks_before:
        if (!has_room()) {
          errno = EAGAIN;
          return -1;
        }
        return ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), _POSIX_PIPE_BUF));
      case Kind::own_description:
      case Kind::never_waits:
        break;
    }
    return ::write(target(), bytes.data(), bytes.size());
  });
}

bool UnblockedOutput::has_room() const {
  pollfd room{fd_, POLLOUT, 0};
  return ::poll(&room, 1, 0) == 1;
}

void UnblockedOutput::finish(std::chrono::milliseconds longest) {
  const auto deadline = Clock::now() + longest;
  for (catch_up(); is_behind(); catch_up()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return;
    pollfd room{target(), POLLOUT, 0};
    if (::poll(&room, 1, static_cast<int>(left.count())) == 0) return;
  }
}

}  // namespace host
