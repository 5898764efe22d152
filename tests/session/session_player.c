/* An orchestrator in C11 that knows session.h alone:
 *
 *     session_player OPTIONS EXPERIMENTS
 *
 * runs what is left, one run after the other, and prints each as it begins and ends. 0: all is
 * done; 1: something went wrong, with a message. */
#include <study/session.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char message[4096];
static struct study_error error = {sizeof error, message, sizeof message, 0};

static struct study_string text(const char* bytes) {
  const struct study_string string = {bytes, strlen(bytes)};
  return string;
}

static void check(int32_t status, const char* what) {
  if (status == STUDY_OK) return;
  fprintf(stderr, "%s: status %d: %.*s\n", what, (int)status, (int)error.size, message);
  exit(1);
}

static void print_log(study_session session) {
  struct study_log_line line = {.struct_size = sizeof line};
  while (study_session_next_log(session, &line, &error) == STUDY_OK) {
    fprintf(stderr, "%.*s: %.*s\n", (int)line.channel.size, line.channel.data, (int)line.text.size,
            line.text.data);
    study_session_free(line.memory);
  }
}

static void play(study_session session, uint64_t number) {
  struct study_run run = {.struct_size = sizeof run};
  check(study_session_run(session, number, &run, &error), "run");
  check(study_session_mark(session, number, STUDY_RUNNING, 0, &error), "running");
  printf("begin %.*s\n", (int)run.config_hash.size, run.config_hash.data);
  fflush(stdout);

  char result[64];
  snprintf(result, sizeof result, "{\"number\": %llu}", (unsigned long long)number);
  const struct study_run_event event = {.struct_size = sizeof event,
                                        .state = STUDY_COMPLETED,
                                        .run = number,
                                        .attributes = text("{\"worker\": \"c\"}"),
                                        .result = text(result)};
  check(study_session_event(session, &event, &error), "completed");
  printf("end %.*s\n", (int)run.config_hash.size, run.config_hash.data);
  fflush(stdout);
  study_session_free(run.memory);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  study_session session = 0;
  const int32_t status = study_session_open(text(argv[1]), text(argv[2]), &session, &error);
  print_log(session);
  check(status, "open");

  size_t count = 0;
  check(study_session_pending(session, NULL, 0, &count, &error), "pending");
  uint64_t* const left = malloc((count + 1) * sizeof *left);
  check(study_session_pending(session, left, count, &count, &error), "pending");
  for (size_t i = 0; i < count; ++i) play(session, left[i]);
  free(left);

  check(study_session_end(session, -1, 0, &error), "end");
  print_log(session);
  study_session_close(session);
  return 0;
}
