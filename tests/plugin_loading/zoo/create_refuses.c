/* create fails. */
#include "parts.h"

static int32_t refuse(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  (void)host, (void)options, (void)observer, (void)error;
  return zoo_fail(error, STUDY_FAILED, "not today");
}

#define ZOO_CREATE refuse
#include "table.h"
