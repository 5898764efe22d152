/* Dies when it is destroyed while its study runs. */
#include "parts.h"

#include <stdlib.h>

static int is_running;

static int32_t start(void* observer, const struct study_start_event* event,
                     struct study_error* error) {
  is_running = 1;
  return zoo_on_study_start(observer, event, error);
}

static int32_t end(void* observer, const struct study_end_event* event, struct study_error* error) {
  is_running = 0;
  return zoo_on_study_end(observer, event, error);
}

static void destroy(void* observer) {
  (void)observer;
  if (is_running) abort();
}

#define ZOO_ON_STUDY_START start
#define ZOO_ON_STUDY_END end
#define ZOO_DESTROY destroy
#include "table.h"
