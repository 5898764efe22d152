/* on_study_end says that the store is away, as on_study_start may. */
#include "parts.h"

static int32_t end(void* observer, const struct study_end_event* event, struct study_error* error) {
  (void)observer, (void)event;
  return zoo_fail(error, STUDY_STORE_AWAY, "the server is away");
}

#define ZOO_ON_STUDY_END end
#include "table.h"
