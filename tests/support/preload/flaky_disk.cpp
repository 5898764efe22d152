// To be preloaded: the host's first FLAKY_TIMES calls of FLAKY_CALL (rename, read, lstat, open)
// that concern a result which an experiment has written fail with FLAKY_ERRNO.
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <string>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

bool fails(const char* call) {
  static int left =
      std::getenv("FLAKY_TIMES") != nullptr ? std::atoi(std::getenv("FLAKY_TIMES")) : 0;
  const char* const chosen = std::getenv("FLAKY_CALL");
  const bool is_host = std::string(::program_invocation_short_name) == "study-host";
  if (!is_host || left == 0 || chosen == nullptr || std::string(chosen) != call) return false;
  --left;
  errno = std::atoi(std::getenv("FLAKY_ERRNO"));
  return true;
}

bool fails(const char* call, const std::string& path) {
  // Not the look for what an earlier host has left, before the attempt.
  return path.ends_with(".result") && ::access(path.c_str(), F_OK) == 0 && fails(call);
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int pipe2(int* descriptors, int flags) noexcept {
  if (fails("pipe2")) return -1;
  return next<int (*)(int*, int)>("pipe2")(descriptors, flags);
}

int rename(const char* from, const char* to) noexcept {
  if (fails("rename", from)) return -1;
  return next<int (*)(const char*, const char*)>("rename")(from, to);
}

int lstat(const char* path, struct stat* status) noexcept {
  if (fails("lstat", path)) return -1;
  return next<int (*)(const char*, struct stat*)>("lstat")(path, status);
}

int open(const char* path, int flags, ...) {
  if (fails("open", path)) return -1;
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return next<int (*)(const char*, int, ...)>("open")(path, flags, mode);
}

ssize_t read(int fd, void* bytes, size_t size) {
  char path[4096];
  const ssize_t length =
      ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
  if (length > 0 && fails("read", std::string(path, static_cast<size_t>(length)))) return -1;
  return next<ssize_t (*)(int, void*, size_t)>("read")(fd, bytes, size);
}
}
