/* Of version 1.2: list_studies fails behind the first study. */
#include "parts.h"

static const struct study_string whole = ZOO_TEXT(
    "{\"study_name\": \"s\", \"study_dir\": \"/s\", \"status\": \"running\", "
    "\"started_at\": \"2026-02-27T16:30:00Z\", \"completed\": 1, \"failed\": 0, "
    "\"pending\": 2}");

static int32_t list_studies(void* observer, const struct study_checkpoint_query* query,
                            const struct study_text_receiver* receiver, struct study_error* error) {
  (void)observer, (void)query;
  receiver->receive(receiver->context, whole);
  return zoo_fail(error, STUDY_CHECKPOINT_CORRUPT, "page 7 is torn");
}

#define ZOO_LIST_STUDIES list_studies
#include "table.h"
