/* For animals that tell the process of their study from its children. */
#ifndef ZOO_HOME_H
#define ZOO_HOME_H

#include "parts.h"

#include <unistd.h>

/* The process in which a study was begun last. */
static ZOO_UNUSED _Atomic int zoo_home;

static ZOO_UNUSED int32_t zoo_start_at_home(void* observer, const struct study_start_event* event,
                                            struct study_error* error) {
  (void)observer, (void)event, (void)error;
  zoo_home = getpid();
  return STUDY_OK;
}

#endif
