/* A plugin as it was built when the interface had an earlier version: with the header of that.
 * Counts what it is told, and says at the end of the study whether that was all. */
#include <study/abi.h>

#include <stddef.h>
#include <string.h>

struct observer {
  const struct study_host* host;
  int events;
};

static struct observer only;

static void say(const struct study_host* host, const char* words) {
  const struct study_string channel = {NULL, 0};
  const struct study_string text = {words, strlen(words)};
  host->log(host->context, STUDY_LOG_INFO, channel, text);
}

static int32_t create(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  (void)options, (void)error;
  only.host = host;
  only.events = 0;
  *observer = &only;
  return STUDY_OK;
}

static int32_t on_study_start(void* observer, const struct study_start_event* event,
                              struct study_error* error) {
  (void)observer, (void)error;
  return event->struct_size >= sizeof *event ? STUDY_OK : STUDY_FAILED;
}

static int32_t on_experiment_state(void* observer, const struct study_experiment_event* event,
                                   struct study_error* error) {
  (void)error;
  if (event->struct_size < sizeof *event) return STUDY_FAILED;
  ++((struct observer*)observer)->events;
  return STUDY_OK;
}

#if STUDY_ABI_MINOR >= 1
static int32_t on_experiments_added(void* observer, const struct study_experiments_event* event,
                                    struct study_error* error) {
  (void)observer, (void)error;
  return event->struct_size >= sizeof *event ? STUDY_OK : STUDY_FAILED;
}
#endif

static int32_t on_study_end(void* observer, const struct study_end_event* event,
                            struct study_error* error) {
  const struct observer* const self = observer;
  (void)event, (void)error;
  say(self->host, self->events == 2 ? "saw two events" : "saw another number of events");
  return STUDY_OK;
}

static void destroy(void* observer) {
  (void)observer;
}

/* What lies behind the table is nobody's business: whoever calls it ends there. */
static const struct {
  struct study_observer_plugin table;
  void (*not_a_function)(void);
} own = {{STUDY_OBSERVER_MAGIC,
          sizeof(struct study_observer_plugin),
          STUDY_ABI_MAJOR,
          STUDY_ABI_MINOR,
          {"of_earlier_version", 18},
          {"1.0.0", 5},
          {"Counts events.", 14},
          {"{}", 2},
          create,
          on_study_start,
          on_experiment_state,
          on_study_end,
          NULL,
          destroy
#if STUDY_ABI_MINOR >= 1
          ,
          on_experiments_added
#endif
         },
         (void (*)(void))1};

const struct study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor);

const struct study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor) {
  (void)host_abi_minor;
  return host_abi_major == STUDY_ABI_MAJOR ? &own.table : NULL;
}
