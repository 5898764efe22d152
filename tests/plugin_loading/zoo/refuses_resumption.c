/* Does not know that a study can be resumed. */
#include "parts.h"

static int32_t start(void* observer, const struct study_start_event* event,
                     struct study_error* error) {
  if (event->resume_from.size != 0) return zoo_fail(error, STUDY_FAILED, "resume from where?");
  return zoo_on_study_start(observer, event, error);
}

#define ZOO_ON_STUDY_START start
#include "table.h"
