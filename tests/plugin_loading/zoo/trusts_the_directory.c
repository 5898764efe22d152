/* Dies where it can't write to the study directory. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>

static int32_t start(void* observer, const struct study_start_event* event,
                     struct study_error* error) {
  char path[4096];
  FILE* file;
  snprintf(path, sizeof path, "%.*s/started", (int)event->study_dir.size, event->study_dir.data);
  file = fopen(path, "wb");
  if (file == NULL) abort();
  fclose(file);
  return zoo_on_study_start(observer, event, error);
}

#define ZOO_ON_STUDY_START start
#include "table.h"
