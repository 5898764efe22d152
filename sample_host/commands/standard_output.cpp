#include "commands/standard_output.hpp"

#include <study/error.hpp>

#include <cerrno>
#include <string>
#include <system_error>

#include <unistd.h>

namespace host {

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      return;
    } else if (errno != EINTR) {
      throw study::StudyError("the output can't be written: " +
                              std::generic_category().message(errno));
    }
  }
}

}  // namespace host
