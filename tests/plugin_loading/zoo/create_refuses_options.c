/* create finds fault with options that the schema allows. */
#include "parts.h"

static int32_t refuse(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  (void)host, (void)options, (void)observer, (void)error;
  return zoo_fail(error, STUDY_BAD_OPTIONS, "these options do not go together");
}

#define ZOO_OPTIONS_SCHEMA ZOO_TEXT("{\"additionalProperties\": true}")
#define ZOO_CREATE refuse
#include "table.h"
