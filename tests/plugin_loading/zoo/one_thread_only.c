/* Dies of a call that comes from another thread than create. */
#include "parts.h"

#include <stdlib.h>

static _Thread_local int is_known;

static int32_t create(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  is_known = 1;
  return zoo_create(host, options, observer, error);
}

static int32_t insist(void* observer, const struct study_experiment_event* event,
                      struct study_error* error) {
  if (!is_known) abort();
  return zoo_on_experiment_state(observer, event, error);
}

#define ZOO_CREATE create
#define ZOO_ON_EXPERIMENT_STATE insist
#include "table.h"
