/* Takes 20 ms for each transition. */
#include "parts.h"

#include <poll.h>

static int32_t dawdle(void* observer, const struct study_experiment_event* event,
                      struct study_error* error) {
  (void)observer, (void)event, (void)error;
  poll(NULL, 0, 20);
  return STUDY_OK;
}

#define ZOO_ON_EXPERIMENT_STATE dawdle
#include "table.h"
