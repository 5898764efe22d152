/* Of version 1.2: read_attempts fails behind the first attempt. */
#include "parts.h"

static const struct study_string whole =
    ZOO_TEXT("{\"config_hash\": \"h\", \"cycle\": 1, \"attempt\": 1, \"state\": \"failed\"}");

static int32_t read_attempts(void* observer, const struct study_checkpoint_query* query,
                             const struct study_text_receiver* receiver,
                             struct study_error* error) {
  (void)observer, (void)query;
  receiver->receive(receiver->context, whole);
  return zoo_fail(error, STUDY_CHECKPOINT_CORRUPT, "page 7 is torn");
}

#define ZOO_READ_ATTEMPTS read_attempts
#include "table.h"
