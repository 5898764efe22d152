/* Reads the hash of the event before, whose bytes it has not copied. */
#include "parts.h"

static struct study_string last_hash;
static volatile char last_digit;

static int32_t keep(void* observer, const struct study_experiment_event* event,
                    struct study_error* error) {
  (void)observer, (void)error;
  if (last_hash.size != 0) last_digit = last_hash.data[0];
  last_hash = event->config_hash;
  return STUDY_OK;
}

#define ZOO_ON_EXPERIMENT_STATE keep
#include "table.h"
