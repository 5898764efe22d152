/* Isn't to be disturbed while it writes, and forgets to let signals through again. */
#define _POSIX_C_SOURCE 200809L
#include "parts.h"

#include <signal.h>

static int32_t work(void* observer, const struct study_experiment_event* event,
                    struct study_error* error) {
  sigset_t set;
  (void)observer, (void)event, (void)error;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  return STUDY_OK;
}

#define ZOO_ON_EXPERIMENT_STATE work
#include "table.h"
