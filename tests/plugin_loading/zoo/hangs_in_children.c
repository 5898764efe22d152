/* Of version 1.1, and waits in a child of fork(2) for a thread that isn't there. */
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
  while (getpid() != maker) pause();
  return STUDY_OK;
}

#define ZOO_ABI_MINOR 1
#define ZOO_ON_STUDY_START start
#define ZOO_ON_EXPERIMENT_STATE take
#include "table.h"
