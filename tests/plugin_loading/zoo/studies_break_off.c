/* Of version 1.2: list_studies fails behind the first study. */
#include "parts.h"

static int32_t list_studies(void* observer, const struct study_checkpoint_query* query,
                            const struct study_text_receiver* receiver, struct study_error* error) {
  (void)observer, (void)query;
  receiver->receive(receiver->context, zoo_study);
  return zoo_fail(error, STUDY_CHECKPOINT_CORRUPT, "page 7 is torn");
}

#define ZOO_LIST_STUDIES list_studies
#include "table.h"
