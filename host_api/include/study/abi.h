/*
 * The binary interface between a host and an observer plugin: C11, also valid C++.
 *
 * A plugin is a shared library that exports one function, STUDY_OBSERVER_ENTRY_POINT. It is called
 * once after loading and returns the plugin's table, which stays valid while the library is loaded.
 * Authors in C++ do not write any of this: they derive from study::StudyObserver and use
 * export_observer.hpp.
 *
 * Rules for all that crosses:
 *   - Every struct has its own size in bytes, set by who fills it, as its first member (the
 * plugin's table behind its magic), and only ever grows at its end. A reader uses a member only if
 * struct_size covers it. Only study_string has no size: it never grows.
 *   - Strings are (data, size), UTF-8, not terminated, borrowed for the call; data may be NULL
 * where size is 0. Paths are the exception to UTF-8: they are the bytes that the file system has.
 *   - A function that can fail returns a study_status and, for anything but success, writes a
 * message into the caller's buffer. Neither exceptions nor longjmp cross.
 *   - Thread tags [any-thread] and [alone] and state tags [created], [started], [ended]: see
 * observer.hpp.
 *   - In a process forked from the one that made an observer, each of its functions fails with a
 * message that says so, and destroy frees memory and nothing else.
 *
 * What has been added since version 1.0 is marked with the minor version that has it. Who knows
 * only an earlier one neither sets nor reads it, and goes on working.
 */
#ifndef STUDY_ABI_H
#define STUDY_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STUDY_ABI_MAJOR 1u /* differs: not compatible */
#define STUDY_ABI_MINOR 2u /* larger: something was added at an end */

/* "STUDYOBS" in memory on a little-endian machine. */
#define STUDY_OBSERVER_MAGIC UINT64_C(0x53424f5944555453)

#define STUDY_OBSERVER_ENTRY_POINT "study_observer_plugin_v1"

enum study_status {
  STUDY_OK = 0,
  STUDY_FAILED = 1,                   /* the message says why */
  STUDY_BAD_OPTIONS = 2,              /* create: options unknown or of a wrong type */
  STUDY_NO_CHECKPOINT = 3,            /* reading: none here, no error */
  STUDY_CHECKPOINT_CORRUPT = 4,       /* reading: there, but can't be used */
  STUDY_CHECKPOINT_NEWER_VERSION = 5, /* reading: of a later version of the format */
  STUDY_BAD_EVENT = 6,                /* an event whose text can't be parsed; nothing changed */
  /* 1.1. An event that the state machine refuses, or of no entry; nothing changed. A plugin returns
   * it only to a host that knows it, and STUDY_OK to others. */
  STUDY_IGNORED = 7,
  /* 1.2. on_study_start: the observer has started, but its store can't be reached. It keeps what it
   * is told, and stores it when it can. A host to which that is not enough, since no other observer
   * keeps the study, destroys the observer, which then has stored nothing. A plugin returns it only
   * to a host that knows it, and STUDY_FAILED to others. */
  STUDY_STORE_AWAY = 8
};

enum study_experiment_state {
  STUDY_PENDING = 0,
  STUDY_RUNNING = 1,
  STUDY_COMPLETED = 2,
  STUDY_EXPERIMENT_FAILED = 3
};

enum study_outcome {
  STUDY_OUTCOME_COMPLETED = 0,
  STUDY_OUTCOME_INTERRUPTED = 1,
  STUDY_OUTCOME_FAILED = 2
};

enum study_log_severity {
  STUDY_LOG_TRACE = 0,
  STUDY_LOG_DEBUG = 1,
  STUDY_LOG_INFO = 2,
  STUDY_LOG_WARNING = 3,
  STUDY_LOG_ERROR = 4
};

struct study_string {
  const char* data;
  size_t size; /* bytes */
};

/* The caller's buffer for a message. The callee writes at most capacity bytes to data, cut at a
 * code point, and sets size to the number written; it does not touch the rest. */
struct study_error {
  uint32_t struct_size;
  char* data;
  size_t capacity;
  size_t size;
};

/* What the host offers a plugin. Valid from create until destroy has returned. abi_minor is the
 * version that the host knows. */
struct study_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  struct study_string name;
  struct study_string version;
  void* context; /* handed to log */
  /* [any-thread] One message without a newline at its end. channel: a part of the plugin, or empty.
   * Must not call the observer: the call that the message comes from is still under way. */
  void (*log)(void* context, int32_t severity, struct study_string channel,
              struct study_string text);
};

struct study_start_event {
  uint32_t struct_size;
  int64_t time_us;               /* microseconds since 1970-01-01T00:00:00Z */
  struct study_string study_dir; /* absolute path: any bytes but '\0' */
  /* JSON as in study_config.hpp. 1.1: fields that experiments have in common stand once, in its
   * `shared`; a plugin of 1.0 gets them with each experiment. */
  struct study_string study_config;
  struct study_string resume_from; /* manifest JSON, schema 2.0; size 0: a new study */
};

struct study_experiment_event {
  uint32_t struct_size;
  int32_t state; /* enum study_experiment_state */
  int32_t cycle;
  int64_t time_us;
  struct study_string config_hash;
  struct study_string result_file;
  struct study_string error_type;
  struct study_string error_message;
  /* 1.1. What else is known of this attempt: a JSON object of at most STUDY_MAX_ATTRIBUTES_BYTES;
   * size 0: nothing. A member replaces one that an earlier event of the attempt gave it. */
  struct study_string attributes;
};

#define STUDY_MAX_ATTRIBUTES_BYTES 65536u

/* 1.1 */
struct study_experiments_event {
  uint32_t struct_size;
  int64_t time_us;
  /* JSON: {"experiments": […], "study_design_hash": "…"}, as in study_config.hpp; the hash may be
   * left out. Those that the study has already change nothing. */
  struct study_string experiments;
};

struct study_end_event {
  uint32_t struct_size;
  int32_t outcome; /* enum study_outcome */
  int64_t time_us;
};

struct study_checkpoint_query {
  uint32_t struct_size;
  struct study_string study_dir;   /* absolute path; size 0: by name */
  struct study_string study_name;  /* size 0: by directory */
  struct study_string results_dir; /* absolute path: where the host keeps its studies */
};

/* Takes a text from the callee during the call that it was handed to: read_checkpoint's at most
 * once, read_attempts' once for each attempt, list_studies' once for each study. Must not call the
 * observer. */
struct study_text_receiver {
  uint32_t struct_size;
  void* context;
  void (*receive)(void* context, struct study_string text);
};

struct study_observer_plugin {
  uint64_t magic;       /* STUDY_OBSERVER_MAGIC */
  uint32_t struct_size; /* sizeof(struct study_observer_plugin) */
  uint32_t abi_major;
  uint32_t abi_minor;
  struct study_string name;
  struct study_string version;
  struct study_string description; /* one sentence */
  struct study_string
      options_schema; /* a JSON Schema object; what is understood of it: options_schema.hpp */

  /* [any-thread] Makes an observer, in state [created]. options: a JSON object, or empty for {}. */
  int32_t (*create)(const struct study_host* host, struct study_string options, void** observer,
                    struct study_error* error);
  /* [any-thread] [created] Anything but STUDY_OK refuses the study; so does, without resume_from, a
   * store that has a study of this directory, and a resume_from that is not of study_config. */
  int32_t (*on_study_start)(void* observer, const struct study_start_event* event,
                            struct study_error* error);
  /* [any-thread] [started] */
  int32_t (*on_experiment_state)(void* observer, const struct study_experiment_event* event,
                                 struct study_error* error);
  /* [any-thread] [started] Exactly once on every way out of a started study. */
  int32_t (*on_study_end)(void* observer, const struct study_end_event* event,
                          struct study_error* error);
  /* [any-thread] [created] Optional: NULL if the plugin keeps no checkpoint. Hands manifest JSON,
   * schema 2.0, to receiver and returns STUDY_OK, or returns STUDY_NO_CHECKPOINT. */
  int32_t (*read_checkpoint)(void* observer, const struct study_checkpoint_query* query,
                             const struct study_text_receiver* receiver, struct study_error* error);
  /* [alone] any state. The observer is gone after it. */
  void (*destroy)(void* observer);
  /* 1.1. [any-thread] [started] Optional: NULL if experiments must all be known at the start. */
  int32_t (*on_experiments_added)(void* observer, const struct study_experiments_event* event,
                                  struct study_error* error);
  /* 1.2. [any-thread] [created] Optional: NULL if the plugin keeps no history of attempts. Hands
   * each attempt that is stored of the study, also those before the last one, to receiver, one JSON
   * object a call:
   *
   *     {"config_hash": "…", "cycle": 1, "attempt": 2, "state": "failed",
   *      "started_at": "2026-02-27T16:30:00.250000Z", "ended_at": "2026-02-27T16:31:12Z",
   *      "result_file": "…", "error_type": "…", "error_message": "…", "attributes": {…}}
   *
   * The first four are always there; state is running, completed, failed or interrupted; attempt
   * counts those at this cycle of this configuration, from 1, and numbers may be missing. What
   * isn't known, or doesn't apply, is absent or null: started_at of one that could not be started,
   * ended_at of one that runs, or was left running by a host that died. Those of one run come in
   * the order of their numbers, runs in any order. attributes are all that the study's host told of
   * the attempt. Whoever reads them leaves members alone that it doesn't know.
   *
   * The query is as for read_checkpoint, and so are the results: STUDY_NO_CHECKPOINT where the
   * study isn't known; for anything but success, those that came before the failure are to be
   * believed. */
  int32_t (*read_attempts)(void* observer, const struct study_checkpoint_query* query,
                           const struct study_text_receiver* receiver, struct study_error* error);
  /* 1.2. [any-thread] [created] Optional: NULL if the plugin's store is the study's own, so that it
   * knows no others, such as a file in its directory. Hands each study of the store to receiver, in
   * any order, one JSON object a call:
   *
   *     {"study_name": "…", "study_dir": "/data/results/sweep_2026-02-27T16-30-00",
   *      "study_design_hash": "…", "status": "running",
   *      "started_at": "2026-02-27T16:30:00.250000Z", "completed_at": "2026-02-27T18:01:12Z",
   *      "completed": 40, "failed": 2, "pending": 3, "running": 1,
   *      "writer": "alive", "writer_host": "node7", "writer_pid": 4711,
   *      "writer_since": "2026-02-27T16:30:00Z"}
   *
   * status is as in the manifest. study_dir is an absolute path on the host that wrote last, which
   * is writer_host: repaired where it isn't UTF-8. pending counts those that run, too, as in the
   * manifest. writer tells whether that host still writes, by what the store knows of it alone:
   * alive, gone (a running study's host has died), or unknown. Always there are study_name,
   * study_dir, status, started_at, completed, failed and pending; what isn't known, or doesn't
   * apply, is absent or null. Whoever reads them leaves members alone that it doesn't know.
   *
   * Of the query, study_name restricts them to those of that name, size 0: all; results_dir tells a
   * store that lies beside its studies where that is; study_dir is empty. STUDY_OK is also the
   * answer of a store that has none, STUDY_NO_CHECKPOINT that of one that doesn't exist yet. For
   * anything else, those that came before the failure are to be believed. Changes nothing. */
  int32_t (*list_studies)(void* observer, const struct study_checkpoint_query* query,
                          const struct study_text_receiver* receiver, struct study_error* error);
};

/* The type of the exported function. It gets the host's ABI version and returns NULL to refuse it.
 */
typedef const struct study_observer_plugin* (*study_observer_entry_point)(uint32_t host_abi_major,
                                                                          uint32_t host_abi_minor);

#ifdef __cplusplus
}
#endif

#endif /* STUDY_ABI_H */
