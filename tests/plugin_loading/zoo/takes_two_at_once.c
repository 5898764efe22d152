/* Of version 1.1, and yet fails when one of its observers is called from two threads at once: it
 * waits a little for it to happen. */
#define _GNU_SOURCE
#include "parts.h"

#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic int calls;
static _Atomic int clashes;

static int32_t take(void* observer, const struct study_experiment_event* event,
                    struct study_error* error) {
  int patience_ms = gettid() == getpid() ? 0 : 2000;
  (void)observer, (void)event;
  if (atomic_fetch_add(&calls, 1) > 0) atomic_store(&clashes, 1);
  while (patience_ms-- > 0 && !atomic_load(&clashes)) poll(NULL, 0, 1);
  atomic_fetch_sub(&calls, 1);
  return atomic_load(&clashes) ? zoo_fail(error, STUDY_FAILED, "one after the other!") : STUDY_OK;
}

#define ZOO_ABI_MINOR 1
#define ZOO_ON_EXPERIMENT_STATE take
#include "table.h"
