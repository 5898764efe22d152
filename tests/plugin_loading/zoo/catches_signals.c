/* Wants to know of Ctrl-C itself, so that the host doesn't any more. */
#include "parts.h"

#include <signal.h>

static volatile sig_atomic_t caught;

static void note(int number) {
  caught = number;
}

static int32_t catch_them(const struct study_host* host, struct study_string options,
                          void** observer, struct study_error* error) {
  signal(SIGINT, note);
  return zoo_create(host, options, observer, error);
}

#define ZOO_CREATE catch_them
#include "table.h"
