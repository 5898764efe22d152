/* A plugin in plain C that writes all it gets to recorded.txt in the study directory, each text as
 * `name size:bytes`, and gives {study_dir}/manifest.json back as its checkpoint. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>

struct recorder {
  const struct study_host* host;
  char* options;
  size_t options_size;
  FILE* file;
};

static void put_text(FILE* file, const char* name, struct study_string text) {
  fprintf(file, "%s %zu:", name, text.size);
  if (text.size != 0) fwrite(text.data, 1, text.size, file);
  fputc('\n', file);
}

static void put_number(FILE* file, const char* name, int64_t number) {
  fprintf(file, "%s %lld\n", name, (long long)number);
}

static FILE* open_beside(struct study_string directory, const char* name, const char* mode) {
  char path[4096];
  snprintf(path, sizeof path, "%.*s/%s", (int)directory.size, directory.data, name);
  return fopen(path, mode);
}

static int32_t create(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  struct recorder* self = calloc(1, sizeof *self);
  if (self == NULL) return zoo_fail(error, STUDY_FAILED, "out of memory");
  self->host = host;
  self->options_size = options.size;
  self->options = malloc(options.size + 1);
  if (self->options == NULL) {
    free(self);
    return zoo_fail(error, STUDY_FAILED, "out of memory");
  }
  if (options.size != 0) memcpy(self->options, options.data, options.size);
  *observer = self;
  return STUDY_OK;
}

static int32_t on_study_start(void* observer, const struct study_start_event* event,
                              struct study_error* error) {
  struct recorder* self = observer;
  struct study_string options = {self->options, self->options_size};
  self->file = open_beside(event->study_dir, "recorded.txt", "wbe");
  if (self->file == NULL) return zoo_fail(error, STUDY_FAILED, "cannot open recorded.txt");
  put_text(self->file, "host.name", self->host->name);
  put_text(self->file, "host.version", self->host->version);
  put_text(self->file, "options", options);
  put_number(self->file, "start.time_us", event->time_us);
  put_text(self->file, "study_dir", event->study_dir);
  put_text(self->file, "study_config", event->study_config);
  put_text(self->file, "resume_from", event->resume_from);
  self->host->log(self->host->context, STUDY_LOG_INFO, (struct study_string)ZOO_TEXT("tape"),
                  (struct study_string)ZOO_TEXT("rec\0ording"));
  return STUDY_OK;
}

static int32_t on_experiment_state(void* observer, const struct study_experiment_event* event,
                                   struct study_error* error) {
  struct recorder* self = observer;
  (void)error;
  put_number(self->file, "state", event->state);
  put_number(self->file, "cycle", event->cycle);
  put_number(self->file, "time_us", event->time_us);
  put_text(self->file, "config_hash", event->config_hash);
  put_text(self->file, "result_file", event->result_file);
  put_text(self->file, "error_type", event->error_type);
  put_text(self->file, "error_message", event->error_message);
  return STUDY_OK;
}

static int32_t on_study_end(void* observer, const struct study_end_event* event,
                            struct study_error* error) {
  struct recorder* self = observer;
  int closed;
  put_number(self->file, "outcome", event->outcome);
  put_number(self->file, "end.time_us", event->time_us);
  closed = fclose(self->file);
  self->file = NULL;
  return closed == 0 ? STUDY_OK : zoo_fail(error, STUDY_FAILED, "cannot write recorded.txt");
}

static int32_t read_checkpoint(void* observer, const struct study_checkpoint_query* query,
                               const struct study_text_receiver* receiver,
                               struct study_error* error) {
  static char bytes[65536];
  struct study_string text = {bytes, 0};
  FILE* file = open_beside(query->study_dir, "manifest.json", "rb");
  (void)observer, (void)error;
  if (file == NULL) return STUDY_NO_CHECKPOINT;
  text.size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  receiver->receive(receiver->context, text);
  return STUDY_OK;
}

static void destroy(void* observer) {
  struct recorder* self = observer;
  if (self->file != NULL) fclose(self->file);
  free(self->options);
  free(self);
}

#define ZOO_NAME ZOO_TEXT("recorder")
#define ZOO_OPTIONS_SCHEMA ZOO_TEXT("{\"additionalProperties\": true}")
#define ZOO_CREATE create
#define ZOO_ON_STUDY_START on_study_start
#define ZOO_ON_EXPERIMENT_STATE on_experiment_state
#define ZOO_ON_STUDY_END on_study_end
#define ZOO_READ_CHECKPOINT read_checkpoint
#define ZOO_DESTROY destroy
#include "table.h"
