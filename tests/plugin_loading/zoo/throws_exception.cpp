// Every callback throws a std::exception.
#include "throwing_observer.hpp"

#include <stdexcept>

namespace {
void throw_it() {
  throw std::runtime_error("the disk is on fire");
}
}  // namespace

STUDY_EXPORT_OBSERVER(zoo::ThrowingObserver<throw_it>, .name = "throws_exception",
                      .version = "1.0.0", .description = "Throws exceptions.")
