/* Opens a file for each observer, and closes none. */
#define _POSIX_C_SOURCE 200809L
#include "parts.h"

#include <fcntl.h>

static int32_t open_one(const struct study_host* host, struct study_string options, void** observer,
                        struct study_error* error) {
  if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) return zoo_fail(error, STUDY_FAILED, "open");
  return zoo_create(host, options, observer, error);
}

#define ZOO_CREATE open_one
#include "table.h"
