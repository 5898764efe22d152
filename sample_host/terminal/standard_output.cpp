#include "terminal/standard_output.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace host {
namespace {

/// In tests, which call parts of the program, it is descriptor 1.
int kept_stdout = STDOUT_FILENO;

[[noreturn]] void fail(const char* what, int error_number) {
  throw study::StudyError(what + std::generic_category().message(error_number));
}

}  // namespace

void keep_stdout() {
  const int fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (fd < 0) fail("standard output can't be kept: ", errno);
  if (::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) fail("standard output can't be kept: ", errno);
  kept_stdout = fd;
}

int own_stdout() {
  return kept_stdout;
}

bool print_to_reader(std::string_view text) {
  const int error_number = study::write_all(kept_stdout, text);
  if (error_number == 0) return true;
  if (error_number == EPIPE) return false;
  fail("the output can't be written: ", error_number);
}

void print(std::string_view text) {
  static_cast<void>(print_to_reader(text));
}

}  // namespace host
