/* Has room for one study at a time in the whole process. */
#include "parts.h"

static int is_taken;

static int32_t start(void* observer, const struct study_start_event* event,
                     struct study_error* error) {
  (void)observer, (void)event;
  if (is_taken) return zoo_fail(error, STUDY_FAILED, "there is a study already");
  is_taken = 1;
  return STUDY_OK;
}

static int32_t end(void* observer, const struct study_end_event* event, struct study_error* error) {
  (void)observer, (void)event, (void)error;
  is_taken = 0;
  return STUDY_OK;
}

static void destroy(void* observer) {
  (void)observer;
  is_taken = 0;
}

#define ZOO_ON_STUDY_START start
#define ZOO_ON_STUDY_END end
#define ZOO_DESTROY destroy
#include "table.h"
