/* Prints to stdout what it has to say, which comes out when the buffer is written: at the end. */
#include "parts.h"

#include <stdio.h>

static int32_t tell(void* observer, const struct study_experiment_event* event,
                    struct study_error* error) {
  (void)observer, (void)event, (void)error;
  printf("one more\n");
  return STUDY_OK;
}

#define ZOO_ON_EXPERIMENT_STATE tell
#include "table.h"
