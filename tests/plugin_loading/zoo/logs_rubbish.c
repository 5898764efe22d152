/* create logs with a severity that does not exist and texts without data. */
#include "parts.h"

static int32_t create_noisily(const struct study_host* host, struct study_string options,
                              void** observer, struct study_error* error) {
  (void)host, (void)options, (void)observer, (void)error;
  host->log(host->context, 99, (struct study_string)ZOO_TEXT("\xff"),
            (struct study_string){NULL, 10});
  host->log(host->context, -99, (struct study_string){NULL, 10},
            (struct study_string)ZOO_TEXT("quiet"));
  *observer = &zoo_handle;
  return STUDY_OK;
}

#define ZOO_CREATE create_noisily
#include "table.h"
