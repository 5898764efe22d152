/* Of a later minor version: its table is longer than this host knows, and it makes do with what an
 * older host offers. */
#include "home.h"

struct newer_table {
  struct study_observer_plugin known;
  void (*added_later)(void);
};

static void added_later(void) {}

/* Fails if it is not told the host's minor version. */
static uint32_t minor_of_host = UINT32_MAX;

static int32_t create_for_old_host(const struct study_host* host, struct study_string options,
                                   void** observer, struct study_error* error) {
  if (minor_of_host != host->abi_minor) return zoo_fail(error, STUDY_FAILED, "which version?");
  return zoo_create(host, options, observer, error);
}

/* Since 1.1 a plugin keeps children of its process out by itself. */
static int32_t take(void* observer, const struct study_experiment_event* event,
                    struct study_error* error) {
  (void)observer, (void)event;
  return getpid() == zoo_home ? STUDY_OK : zoo_fail(error, STUDY_FAILED, "another process");
}

static const struct newer_table table = {
    {STUDY_OBSERVER_MAGIC, sizeof(struct newer_table), STUDY_ABI_MAJOR, STUDY_ABI_MINOR + 1,
     ZOO_TEXT("newer_minor"), ZOO_TEXT("2.0.0"), ZOO_TEXT("Of a later minor version."),
     ZOO_TEXT("{}"), create_for_old_host, zoo_start_at_home, take, zoo_on_study_end,
     zoo_read_checkpoint, zoo_destroy, NULL, NULL, NULL},
    added_later};

const struct study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor);

const struct study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor) {
  minor_of_host = host_abi_minor;
  return host_abi_major == STUDY_ABI_MAJOR ? &table.known : NULL;
}
