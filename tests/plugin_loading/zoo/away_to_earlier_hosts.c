/* To hosts that don't know what that means, on_study_start says that the store is away. */
#include "parts.h"

static uint32_t host_minor;

static int32_t create(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  host_minor = host->abi_minor;
  return zoo_create(host, options, observer, error);
}

static int32_t start(void* observer, const struct study_start_event* event,
                     struct study_error* error) {
  (void)observer, (void)event;
  if (host_minor >= 2) return STUDY_OK;
  return zoo_fail(error, STUDY_STORE_AWAY, "the server is away");
}

#define ZOO_CREATE create
#define ZOO_ON_STUDY_START start
#include "table.h"
