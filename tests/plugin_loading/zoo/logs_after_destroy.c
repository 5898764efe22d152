/* Logs to the host of its first observer, also when that one is gone. */
#include "parts.h"

static const struct study_host* first_host;

static int32_t create(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  if (first_host == NULL) first_host = host;
  return zoo_create(host, options, observer, error);
}

static int32_t start(void* observer, const struct study_start_event* event,
                     struct study_error* error) {
  (void)observer, (void)event, (void)error;
  first_host->log(first_host->context, STUDY_LOG_INFO, (struct study_string){NULL, 0},
                  (struct study_string)ZOO_TEXT("a study starts"));
  return STUDY_OK;
}

#define ZOO_CREATE create
#define ZOO_ON_STUDY_START start
#include "table.h"
