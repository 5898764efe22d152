/* Aborts when an experiment changes its state. */
#include "parts.h"

#include <stdlib.h>

static int32_t die(void* observer, const struct study_experiment_event* event,
                   struct study_error* error) {
  (void)observer, (void)event, (void)error;
  abort();
}

#define ZOO_ON_EXPERIMENT_STATE die
#include "table.h"
