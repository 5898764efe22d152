/* Of version 1.1, and refuses in a child of fork(2) without a word. */
#include "home.h"

static int32_t take(void* observer, const struct study_experiment_event* event,
                    struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return getpid() == zoo_home ? STUDY_OK : STUDY_FAILED;
}

#define ZOO_ABI_MINOR 1
#define ZOO_ON_STUDY_START zoo_start_at_home
#define ZOO_ON_EXPERIMENT_STATE take
#include "table.h"
