#include "postgres/interrupt.hpp"

#include <study/error.hpp>

#include <cerrno>

#include <sys/eventfd.h>
#include <unistd.h>

namespace study::postgres {

Interrupt::Interrupt() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw FileError("eventfd", errno);
}

Interrupt::~Interrupt() {
  ::close(fd_);
}

void Interrupt::request() const {
  ::eventfd_write(fd_, 1);
}

}  // namespace study::postgres
