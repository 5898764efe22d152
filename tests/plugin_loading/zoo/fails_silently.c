/* on_study_start fails without a message. */
#include "parts.h"

static int32_t fail(void* observer, const struct study_start_event* event,
                    struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return STUDY_FAILED;
}

#define ZOO_ON_STUDY_START fail
#include "table.h"
