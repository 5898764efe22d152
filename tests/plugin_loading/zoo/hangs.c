/* on_study_end never returns. */
#include "parts.h"

#include <unistd.h>

static int32_t wait_for_ever(void* observer, const struct study_end_event* event,
                             struct study_error* error) {
  (void)observer, (void)event, (void)error;
  while (pause() != 0) {
  }
  return STUDY_OK;
}

#define ZOO_ON_STUDY_END wait_for_ever
#include "table.h"
