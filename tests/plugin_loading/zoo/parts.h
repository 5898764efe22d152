/* What the animals of the zoo are made of: a healthy plugin's functions, each of which an animal
 * can replace. See table.h. */
#ifndef ZOO_PARTS_H
#define ZOO_PARTS_H

#include <study/abi.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ZOO_UNUSED __attribute__((unused))

#define ZOO_TEXT(literal) \
  { literal, sizeof(literal) - 1 }

/* What list_studies may hand over. */
static ZOO_UNUSED const struct study_string zoo_study = ZOO_TEXT(
    "{\"study_name\": \"s\", \"study_dir\": \"/s\", \"status\": \"running\", "
    "\"started_at\": \"2026-02-27T16:30:00Z\", \"completed\": 1, \"failed\": 0, "
    "\"pending\": 2}");

static ZOO_UNUSED int zoo_handle;

static ZOO_UNUSED int32_t zoo_fail(struct study_error* error, int32_t status, const char* message) {
  size_t size = strlen(message);
  if (size > error->capacity) size = error->capacity;
  memcpy(error->data, message, size);
  error->size = size;
  return status;
}

static ZOO_UNUSED int32_t zoo_create(const struct study_host* host, struct study_string options,
                                     void** observer, struct study_error* error) {
  (void)host, (void)options, (void)error;
  *observer = &zoo_handle;
  return STUDY_OK;
}

static ZOO_UNUSED int32_t zoo_on_study_start(void* observer, const struct study_start_event* event,
                                             struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return STUDY_OK;
}

static ZOO_UNUSED int32_t zoo_on_experiment_state(void* observer,
                                                  const struct study_experiment_event* event,
                                                  struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return STUDY_OK;
}

static ZOO_UNUSED int32_t zoo_on_study_end(void* observer, const struct study_end_event* event,
                                           struct study_error* error) {
  (void)observer, (void)event, (void)error;
  return STUDY_OK;
}

static ZOO_UNUSED int32_t zoo_read_checkpoint(void* observer,
                                              const struct study_checkpoint_query* query,
                                              const struct study_text_receiver* receiver,
                                              struct study_error* error) {
  (void)observer, (void)query, (void)receiver, (void)error;
  return STUDY_NO_CHECKPOINT;
}

static ZOO_UNUSED void zoo_destroy(void* observer) {
  (void)observer;
}

#endif
