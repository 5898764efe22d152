/* on_study_start fails with a message that is not UTF-8. */
#include "parts.h"

static int32_t fail(void* observer, const struct study_start_event* event,
                    struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return zoo_fail(error, STUDY_FAILED, "half a character: \xc3");
}

#define ZOO_ON_STUDY_START fail
#include "table.h"
