/* read_checkpoint succeeds but hands nothing over. */
#include "parts.h"

static int32_t read(void* observer, const struct study_checkpoint_query* query,
                    const struct study_text_receiver* receiver, struct study_error* error) {
  (void)observer, (void)query, (void)receiver, (void)error;
  return STUDY_OK;
}

#define ZOO_READ_CHECKPOINT read
#include "table.h"
