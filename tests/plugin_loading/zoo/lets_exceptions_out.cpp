// An exception leaves on_study_end. No glue catches it: the table is written by hand.
#include <stdexcept>

extern "C" {
#include "parts.h"

static int32_t throw_it(void* observer, const struct study_end_event* event,
                        struct study_error* error) {
  (void)observer, (void)event, (void)error;
  throw std::runtime_error("nobody catches me");
}

#define ZOO_ON_STUDY_END throw_it
#include "table.h"
}
