/* A host as it was built when the interface had an earlier version: with the header of that.
 *
 *     host PLUGIN.so OPTIONS STUDY_DIR
 *
 * runs a study of two experiments, tells of one event that can't be, and reads the checkpoint. 0 if
 * every call gave what that version promises. */
#include <study/abi.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char kConfig[] =
    "{\"study_name\": \"old\", \"framework_version\": \"1\", \"experiments\": ["
    "{\"config\": {\"x\": 1}, \"config_hash\": \"first\"},"
    "{\"config\": {\"x\": 2}, \"config_hash\": \"second\"}]}";

static char message[1024];
static struct study_error error = {sizeof error, message, sizeof message, 0};
static int64_t now_us = 1700000000000000;

static struct study_string text(const char* bytes) {
  const struct study_string string = {bytes, strlen(bytes)};
  return string;
}

static void log_line(void* context, int32_t severity, struct study_string channel,
                     struct study_string line) {
  (void)context, (void)channel;
  fprintf(stderr, "%d: %.*s\n", (int)severity, (int)line.size, line.data);
}

static void expect(int32_t status, const char* what) {
  if (status == STUDY_OK) return;
  fprintf(stderr, "%s: status %d: %.*s\n", what, (int)status, (int)error.size, message);
  exit(1);
}

static void take_checkpoint(void* context, struct study_string manifest) {
  char** const copy = context;
  *copy = malloc(manifest.size + 1);
  memcpy(*copy, manifest.data, manifest.size);
  (*copy)[manifest.size] = '\0';
}

static const struct study_observer_plugin* plugin;

static int32_t status_of(void* observer, const char* hash, int32_t state) {
  struct study_experiment_event event = {
      sizeof event, state,      1,
      ++now_us,     text(hash), text(state == STUDY_COMPLETED ? "r.json" : ""),
      text(""),     text("")};
#if STUDY_ABI_MINOR >= 1
  event.attributes = text("{\"worker\": 1}");
#endif
  return plugin->on_experiment_state(observer, &event, &error);
}

static void tell(void* observer, const char* hash, int32_t state) {
  expect(status_of(observer, hash, state), hash);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  void* const library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return 3;
  study_observer_entry_point entry_point;
  *(void**)&entry_point = dlsym(library, STUDY_OBSERVER_ENTRY_POINT);
  plugin = entry_point(STUDY_ABI_MAJOR, STUDY_ABI_MINOR);
  if (plugin == NULL || plugin->magic != STUDY_OBSERVER_MAGIC ||
      plugin->struct_size < sizeof *plugin) {
    return 4;
  }
  const struct study_host host = {
      sizeof host, STUDY_ABI_MAJOR, STUDY_ABI_MINOR, text("old host"), text("1"), NULL, log_line};
  void* observer = NULL;
  expect(plugin->create(&host, text(argv[2]), &observer, &error), "create");
  const struct study_start_event start = {sizeof start, ++now_us, text(argv[3]), text(kConfig),
                                          text("")};
  expect(plugin->on_study_start(observer, &start, &error), "start");
  tell(observer, "first", STUDY_RUNNING);
  tell(observer, "first", STUDY_COMPLETED);
  const int32_t ignored = status_of(observer, "first", STUDY_RUNNING);
#if STUDY_ABI_MINOR >= 1
  if (ignored != STUDY_IGNORED) return 6;
#else
  expect(ignored, "what is ignored, which version 1.0 tells no host");
#endif
  tell(observer, "second", STUDY_RUNNING);
  tell(observer, "second", STUDY_EXPERIMENT_FAILED);
  const struct study_end_event end = {sizeof end, STUDY_OUTCOME_COMPLETED, ++now_us};
  expect(plugin->on_study_end(observer, &end, &error), "end");
  plugin->destroy(observer);

  expect(plugin->create(&host, text(argv[2]), &observer, &error), "create again");
  char* manifest = NULL;
  const struct study_checkpoint_query query = {sizeof query, text(argv[3]), text(""), text("")};
  const struct study_text_receiver receiver = {sizeof receiver, &manifest, take_checkpoint};
  expect(plugin->read_checkpoint(observer, &query, &receiver, &error), "read");
  plugin->destroy(observer);
  const int is_right =
      strstr(manifest, "\"completed\": 1") != NULL && strstr(manifest, "\"failed\": 1") != NULL;
  free(manifest);
  return is_right ? 0 : 5;
}
