/* Dies of whatever no host should send, and says of what. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t kYear10000 = INT64_C(253402300800000000);

static void insist(int is_right, const char* complaint) {
  if (is_right) return;
  fprintf(stderr, "%s\n", complaint);
  abort();
}

static int is_object(struct study_string text) {
  return text.size >= 2 && text.data[0] == '{' && text.data[text.size - 1] == '}';
}

static int32_t create(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  insist(is_object(options), "options that are no object");
  return zoo_create(host, options, observer, error);
}

static int32_t start(void* observer, const struct study_start_event* event,
                     struct study_error* error) {
  insist(event->struct_size >= sizeof *event, "a start that is too short");
  insist(is_object(event->study_config), "a study that is no object");
  return zoo_on_study_start(observer, event, error);
}

static int32_t note(void* observer, const struct study_experiment_event* event,
                    struct study_error* error) {
  insist(event->struct_size >= sizeof *event, "an event that is too short");
  insist(event->state >= STUDY_PENDING && event->state <= STUDY_EXPERIMENT_FAILED, "no such state");
  insist(event->time_us >= 0 && event->time_us < kYear10000, "no such time");
  insist(event->error_message.size <= 65536, "a message without end");
  return zoo_on_experiment_state(observer, event, error);
}

#define ZOO_CREATE create
#define ZOO_ON_STUDY_START start
#define ZOO_ON_EXPERIMENT_STATE note
#include "table.h"
