/* The table and the entry point of an animal. Whatever it has defined before including this takes
 * the place of the healthy part. Animals are of version 1.0 unless they say otherwise: what came
 * with 1.1 asks more of a plugin than most of these few lines do. */
#include "parts.h"

#ifndef ZOO_MAGIC
#define ZOO_MAGIC STUDY_OBSERVER_MAGIC
#endif
#if defined(ZOO_READ_ATTEMPTS) || defined(ZOO_LIST_STUDIES) /* of version 1.2 */
#define ZOO_STRUCT_SIZE sizeof(struct study_observer_plugin)
#define ZOO_ABI_MINOR 2
#endif
#ifndef ZOO_READ_ATTEMPTS
#define ZOO_READ_ATTEMPTS NULL
#endif
#ifndef ZOO_LIST_STUDIES
#define ZOO_LIST_STUDIES NULL
#endif
#ifndef ZOO_STRUCT_SIZE
#define ZOO_STRUCT_SIZE offsetof(struct study_observer_plugin, on_experiments_added)
#endif
#ifndef ZOO_ABI_MINOR
#define ZOO_ABI_MINOR 0
#endif
#ifndef ZOO_ABI_MAJOR
#define ZOO_ABI_MAJOR STUDY_ABI_MAJOR
#endif
#ifndef ZOO_NAME
#define ZOO_NAME ZOO_TEXT("zoo")
#endif
#ifndef ZOO_VERSION
#define ZOO_VERSION ZOO_TEXT("1.0.0")
#endif
#ifndef ZOO_DESCRIPTION
#define ZOO_DESCRIPTION ZOO_TEXT("An animal of the zoo.")
#endif
#ifndef ZOO_OPTIONS_SCHEMA
#define ZOO_OPTIONS_SCHEMA ZOO_TEXT("{}")
#endif
#ifndef ZOO_CREATE
#define ZOO_CREATE zoo_create
#endif
#ifndef ZOO_ON_STUDY_START
#define ZOO_ON_STUDY_START zoo_on_study_start
#endif
#ifndef ZOO_ON_EXPERIMENT_STATE
#define ZOO_ON_EXPERIMENT_STATE zoo_on_experiment_state
#endif
#ifndef ZOO_ON_STUDY_END
#define ZOO_ON_STUDY_END zoo_on_study_end
#endif
#ifndef ZOO_READ_CHECKPOINT
#define ZOO_READ_CHECKPOINT zoo_read_checkpoint
#endif
#ifndef ZOO_DESTROY
#define ZOO_DESTROY zoo_destroy
#endif

static const struct study_observer_plugin zoo_table = {ZOO_MAGIC,
                                                       ZOO_STRUCT_SIZE,
                                                       ZOO_ABI_MAJOR,
                                                       ZOO_ABI_MINOR,
                                                       ZOO_NAME,
                                                       ZOO_VERSION,
                                                       ZOO_DESCRIPTION,
                                                       ZOO_OPTIONS_SCHEMA,
                                                       ZOO_CREATE,
                                                       ZOO_ON_STUDY_START,
                                                       ZOO_ON_EXPERIMENT_STATE,
                                                       ZOO_ON_STUDY_END,
                                                       ZOO_READ_CHECKPOINT,
                                                       ZOO_DESTROY,
                                                       NULL,
                                                       ZOO_READ_ATTEMPTS,
                                                       ZOO_LIST_STUDIES};

#ifndef ZOO_NO_ENTRY_POINT
const struct study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor);

const struct study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor) {
  (void)host_abi_major, (void)host_abi_minor;
  return &zoo_table;
}
#endif
