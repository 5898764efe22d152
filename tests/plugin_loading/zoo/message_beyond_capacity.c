/* on_study_start claims a message longer than the buffer. */
#include "parts.h"

static int32_t fail(void* observer, const struct study_start_event* event,
                    struct study_error* error) {
  (void)observer, (void)event, (void)error;
  error->size = error->capacity * 1000;
  memset(error->data, 'x', error->capacity);
  return STUDY_FAILED;
}

#define ZOO_ON_STUDY_START fail
#include "table.h"
