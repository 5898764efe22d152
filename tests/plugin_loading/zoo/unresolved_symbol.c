/* Calls a function that nobody has; linked without -z defs, as a careless author does. */
#include "parts.h"

int zoo_function_that_nobody_has(void);

static int32_t call_it(void* observer, const struct study_start_event* event,
                       struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return zoo_function_that_nobody_has();
}

#define ZOO_ON_STUDY_START call_it
#include "table.h"
