/* Does not know that a study can be interrupted. */
#include "parts.h"

static int32_t end(void* observer, const struct study_end_event* event, struct study_error* error) {
  if (event->outcome == STUDY_OUTCOME_INTERRUPTED) {
    return zoo_fail(error, STUDY_FAILED, "what is an interruption?");
  }
  return zoo_on_study_end(observer, event, error);
}

#define ZOO_ON_STUDY_END end
#include "table.h"
