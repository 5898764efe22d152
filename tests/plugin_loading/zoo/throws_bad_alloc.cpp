// Every callback runs out of memory.
#include "throwing_observer.hpp"

#include <new>

namespace {
void throw_it() {
  throw std::bad_alloc();
}
}  // namespace

STUDY_EXPORT_OBSERVER(zoo::ThrowingObserver<throw_it>, .name = "throws_bad_alloc",
                      .version = "1.0.0", .description = "Has no memory.")
