/* on_study_end fails. */
#include "parts.h"

static int32_t fail(void* observer, const struct study_end_event* event,
                    struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return zoo_fail(error, STUDY_FAILED, "no room for an end");
}

#define ZOO_ON_STUDY_END fail
#include "table.h"
