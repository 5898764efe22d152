/* Of version 1.1, and refuses in a child of fork(2) without a word. */
#define _GNU_SOURCE
#include "parts.h"

#include <unistd.h>

static _Atomic pid_t maker;

static int32_t start(void* observer, const struct study_start_event* event,
                     struct study_error* error) {
  (void)observer, (void)event, (void)error;
  maker = getpid();
  return STUDY_OK;
}

static int32_t take(void* observer, const struct study_experiment_event* event,
                    struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return getpid() == maker ? STUDY_OK : STUDY_FAILED;
}

#define ZOO_ABI_MINOR 1
#define ZOO_ON_STUDY_START start
#define ZOO_ON_EXPERIMENT_STATE take
#include "table.h"
