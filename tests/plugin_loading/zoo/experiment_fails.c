/* on_experiment_state fails. */
#include "parts.h"

static int32_t fail(void* observer, const struct study_experiment_event* event,
                    struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return zoo_fail(error, STUDY_FAILED, "no room for a transition");
}

#define ZOO_ON_EXPERIMENT_STATE fail
#include "table.h"
