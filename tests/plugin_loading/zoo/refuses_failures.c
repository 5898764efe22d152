/* Does not know that an experiment can fail. */
#include "parts.h"

static int32_t take(void* observer, const struct study_experiment_event* event,
                    struct study_error* error) {
  if (event->state == STUDY_EXPERIMENT_FAILED) {
    return zoo_fail(error, STUDY_FAILED, "what is a failure?");
  }
  return zoo_on_experiment_state(observer, event, error);
}

#define ZOO_ON_EXPERIMENT_STATE take
#include "table.h"
