/* Aborts when the library is unloaded, at the end of the host's process. */
#include "parts.h"

#include <stdlib.h>

static __attribute__((destructor)) void die(void) {
  abort();
}

#include "table.h"
