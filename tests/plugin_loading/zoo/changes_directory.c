/* Makes the study directory the process's working directory, for its own convenience. */
#include "parts.h"

#include <stdio.h>
#include <unistd.h>

static int32_t move(void* observer, const struct study_start_event* event,
                    struct study_error* error) {
  char path[4096];
  (void)observer;
  snprintf(path, sizeof path, "%.*s", (int)event->study_dir.size, event->study_dir.data);
  return chdir(path) == 0 ? STUDY_OK : zoo_fail(error, STUDY_FAILED, "chdir");
}

#define ZOO_ON_STUDY_START move
#include "table.h"
