/* Refuses options with a message for which the buffer may be too small. */
#include "parts.h"

static int32_t create(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  static const char message[] = "these options are too long for me";
  if (options.size <= 2) return zoo_create(host, options, observer, error);
  memcpy(error->data, message, sizeof message - 1);
  error->size = error->capacity < sizeof message - 1 ? error->capacity : sizeof message - 1;
  return STUDY_BAD_OPTIONS;
}

#define ZOO_CREATE create
#include "table.h"
