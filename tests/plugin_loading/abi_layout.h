/* The layout and the numbers that version 1.2 of the interface has on 64-bit machines. They are
 * compiled as C11 and as C++20: a change of them is a new major version, an addition at an end a
 * new minor one. */
#include <study/abi.h>

#include <assert.h>
#include <stddef.h>

#define AT(type, member, offset) \
  static_assert(offsetof(struct type, member) == (offset), #type "." #member)
#define SIZE(type, size) static_assert(sizeof(struct type) == (size), #type)
#define VALUE(enumerator, number) static_assert((enumerator) == (number), #enumerator)

static_assert(STUDY_ABI_MAJOR == 1, "major");

VALUE(STUDY_OK, 0);
VALUE(STUDY_FAILED, 1);
VALUE(STUDY_BAD_OPTIONS, 2);
VALUE(STUDY_NO_CHECKPOINT, 3);
VALUE(STUDY_CHECKPOINT_CORRUPT, 4);
VALUE(STUDY_CHECKPOINT_NEWER_VERSION, 5);
VALUE(STUDY_BAD_EVENT, 6);
VALUE(STUDY_IGNORED, 7);    /* 1.1 */
VALUE(STUDY_STORE_AWAY, 8); /* 1.2 */

VALUE(STUDY_PENDING, 0);
VALUE(STUDY_RUNNING, 1);
VALUE(STUDY_COMPLETED, 2);
VALUE(STUDY_EXPERIMENT_FAILED, 3);

VALUE(STUDY_OUTCOME_COMPLETED, 0);
VALUE(STUDY_OUTCOME_INTERRUPTED, 1);
VALUE(STUDY_OUTCOME_FAILED, 2);

VALUE(STUDY_LOG_TRACE, 0);
VALUE(STUDY_LOG_DEBUG, 1);
VALUE(STUDY_LOG_INFO, 2);
VALUE(STUDY_LOG_WARNING, 3);
VALUE(STUDY_LOG_ERROR, 4);

AT(study_string, data, 0);
AT(study_string, size, 8);
SIZE(study_string, 16);

AT(study_error, struct_size, 0);
AT(study_error, data, 8);
AT(study_error, capacity, 16);
AT(study_error, size, 24);
SIZE(study_error, 32);

AT(study_host, struct_size, 0);
AT(study_host, abi_major, 4);
AT(study_host, abi_minor, 8);
AT(study_host, name, 16);
AT(study_host, version, 32);
AT(study_host, context, 48);
AT(study_host, log, 56);
SIZE(study_host, 64);

AT(study_start_event, struct_size, 0);
AT(study_start_event, time_us, 8);
AT(study_start_event, study_dir, 16);
AT(study_start_event, study_config, 32);
AT(study_start_event, resume_from, 48);
SIZE(study_start_event, 64);

AT(study_experiment_event, struct_size, 0);
AT(study_experiment_event, state, 4);
AT(study_experiment_event, cycle, 8);
AT(study_experiment_event, time_us, 16);
AT(study_experiment_event, config_hash, 24);
AT(study_experiment_event, result_file, 40);
AT(study_experiment_event, error_type, 56);
AT(study_experiment_event, error_message, 72);
AT(study_experiment_event, attributes, 88); /* 1.1 */
SIZE(study_experiment_event, 104);

/* 1.1 */
AT(study_experiments_event, struct_size, 0);
AT(study_experiments_event, time_us, 8);
AT(study_experiments_event, experiments, 16);
SIZE(study_experiments_event, 32);

AT(study_end_event, struct_size, 0);
AT(study_end_event, outcome, 4);
AT(study_end_event, time_us, 8);
SIZE(study_end_event, 16);

AT(study_checkpoint_query, struct_size, 0);
AT(study_checkpoint_query, study_dir, 8);
AT(study_checkpoint_query, study_name, 24);
AT(study_checkpoint_query, results_dir, 40);
SIZE(study_checkpoint_query, 56);

AT(study_text_receiver, struct_size, 0);
AT(study_text_receiver, context, 8);
AT(study_text_receiver, receive, 16);
SIZE(study_text_receiver, 24);

AT(study_observer_plugin, magic, 0);
AT(study_observer_plugin, struct_size, 8);
AT(study_observer_plugin, abi_major, 12);
AT(study_observer_plugin, abi_minor, 16);
AT(study_observer_plugin, name, 24);
AT(study_observer_plugin, version, 40);
AT(study_observer_plugin, description, 56);
AT(study_observer_plugin, options_schema, 72);
AT(study_observer_plugin, create, 88);
AT(study_observer_plugin, on_study_start, 96);
AT(study_observer_plugin, on_experiment_state, 104);
AT(study_observer_plugin, on_study_end, 112);
AT(study_observer_plugin, read_checkpoint, 120);
AT(study_observer_plugin, destroy, 128);
AT(study_observer_plugin, on_experiments_added, 136); /* 1.1 */
AT(study_observer_plugin, read_attempts, 144);        /* 1.2 */
AT(study_observer_plugin, list_studies, 152);         /* 1.2 */
SIZE(study_observer_plugin, 160);
