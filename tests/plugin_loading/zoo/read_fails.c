/* read_checkpoint fails. */
#include "parts.h"

static int32_t fail(void* observer, const struct study_checkpoint_query* query,
                    const struct study_text_receiver* receiver, struct study_error* error) {
  (void)observer, (void)query, (void)receiver, (void)error;
  return zoo_fail(error, STUDY_FAILED, "no way in");
}

#define ZOO_READ_CHECKPOINT fail
#include "table.h"
