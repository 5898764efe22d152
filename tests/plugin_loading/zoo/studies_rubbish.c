/* Of version 1.2: list_studies hands over a whole study, and then the name that is asked for, or
 * no text. */
#include "parts.h"

static const struct study_string whole = ZOO_TEXT(
    "{\"study_name\": \"s\", \"study_dir\": \"/s\", \"status\": \"running\", "
    "\"started_at\": \"2026-02-27T16:30:00Z\", \"completed\": 1, \"failed\": 0, "
    "\"pending\": 2}");

static int32_t list_studies(void* observer, const struct study_checkpoint_query* query,
                            const struct study_text_receiver* receiver, struct study_error* error) {
  (void)observer, (void)error;
  receiver->receive(receiver->context, whole);
  struct study_string text = query->study_name;
  if (text.size == strlen("no data") && memcmp(text.data, "no data", text.size) == 0) {
    text.data = NULL;
  }
  receiver->receive(receiver->context, text);
  receiver->receive(receiver->context, whole);
  return STUDY_OK;
}

#define ZOO_LIST_STUDIES list_studies
#include "table.h"
