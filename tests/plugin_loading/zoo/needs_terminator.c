/* Takes a text for terminated. */
#include "parts.h"

static volatile size_t length;

static int32_t measure(void* observer, const struct study_experiment_event* event,
                       struct study_error* error) {
  const volatile char* end = event->config_hash.data;
  (void)observer, (void)error;
  while (end != NULL && *end != '\0') ++end;
  length = (size_t)(end - event->config_hash.data);
  return STUDY_OK;
}

#define ZOO_ON_EXPERIMENT_STATE measure
#include "table.h"
