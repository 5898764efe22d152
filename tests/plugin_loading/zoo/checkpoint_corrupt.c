/* Has a checkpoint that cannot be used. */
#include "parts.h"

static int32_t read(void* observer, const struct study_checkpoint_query* query,
                    const struct study_text_receiver* receiver, struct study_error* error) {
  (void)observer, (void)query, (void)receiver, (void)error;
  return zoo_fail(error, STUDY_CHECKPOINT_CORRUPT, "page 7 is torn");
}

#define ZOO_READ_CHECKPOINT read
#include "table.h"
