/* Linked to a library that is nowhere when it is to be loaded. */
#include "parts.h"

int zoo_function_of_the_library(void);

static int32_t call_it(void* observer, const struct study_start_event* event,
                       struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return zoo_function_of_the_library();
}

#define ZOO_ON_STUDY_START call_it
#include "table.h"
