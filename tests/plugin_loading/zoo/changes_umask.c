/* Keeps its files to itself, and with them all that the host makes from then on. */
#include "parts.h"

#include <sys/stat.h>

static int32_t hide(const struct study_host* host, struct study_string options, void** observer,
                    struct study_error* error) {
  umask(077);
  return zoo_create(host, options, observer, error);
}

#define ZOO_CREATE hide
#include "table.h"
