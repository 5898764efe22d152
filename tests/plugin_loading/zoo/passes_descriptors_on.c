/* Has a file open during the study, which each program that the host starts inherits. */
#include "parts.h"

#include <fcntl.h>
#include <unistd.h>

static int descriptor = -1;

static int32_t open_it(void* observer, const struct study_start_event* event,
                       struct study_error* error) {
  (void)observer, (void)event, (void)error;
  descriptor = open("/dev/zero", O_RDONLY);
  return STUDY_OK;
}

static int32_t close_it(void* observer, const struct study_end_event* event,
                        struct study_error* error) {
  (void)observer, (void)event, (void)error;
  close(descriptor);
  return STUDY_OK;
}

#define ZOO_ON_STUDY_START open_it
#define ZOO_ON_STUDY_END close_it
#include "table.h"
