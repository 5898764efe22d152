/* Logs what an experiment has said, whatever bytes that are. */
#include "parts.h"

static const struct study_host* present_host;

static int32_t create(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  present_host = host;
  return zoo_create(host, options, observer, error);
}

static int32_t repeat(void* observer, const struct study_experiment_event* event,
                      struct study_error* error) {
  (void)observer, (void)error;
  present_host->log(present_host->context, STUDY_LOG_INFO, (struct study_string){NULL, 0},
                    event->error_message);
  return STUDY_OK;
}

#define ZOO_CREATE create
#define ZOO_ON_EXPERIMENT_STATE repeat
#include "table.h"
