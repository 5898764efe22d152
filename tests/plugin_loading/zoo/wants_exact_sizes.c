/* Refuses an event that a later host has made longer. */
#include "parts.h"

static int32_t insist(void* observer, const struct study_experiment_event* event,
                      struct study_error* error) {
  if (event->struct_size != sizeof *event) {
    return zoo_fail(error, STUDY_BAD_EVENT, "struct_size is wrong");
  }
  return zoo_on_experiment_state(observer, event, error);
}

#define ZOO_ON_EXPERIMENT_STATE insist
#include "table.h"
