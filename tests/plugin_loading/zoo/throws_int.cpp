// Every callback throws something that is not an exception.
#include "throwing_observer.hpp"

namespace {
void throw_it() {
  throw 42;
}
}  // namespace

STUDY_EXPORT_OBSERVER(zoo::ThrowingObserver<throw_it>, .name = "throws_int", .version = "1.0.0",
                      .description = "Throws integers.")
