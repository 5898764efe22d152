/* read_checkpoint hands over something that is not a manifest. */
#include "parts.h"

static const struct study_string text = ZOO_TEXT("[\"not a manifest\"]");

static int32_t read(void* observer, const struct study_checkpoint_query* query,
                    const struct study_text_receiver* receiver, struct study_error* error) {
  (void)observer, (void)query, (void)receiver, (void)error;
  receiver->receive(receiver->context, text);
  return STUDY_OK;
}

#define ZOO_READ_CHECKPOINT read
#include "table.h"
