/*
 * A study for an orchestrator of any language: the C face of session.hpp, in libstudy_session.so.
 * C11, also valid C++.
 *
 * The rules are those of abi.h: structs begin with their size and grow at their end only, strings
 * are (data, size), UTF-8 (paths: any bytes) and borrowed for the call, a function that can fail
 * gives a status and writes why into the caller's study_error. What is given back in memory of the
 * library's own is freed with study_session_free.
 *
 * Any function may be called from any thread at any time. In a process forked from the one that
 * opened a session each fails with a text, and study_session_close does nothing. A session that was
 * closed, or never was, is an error with a text, too: handles are numbers that are not used again.
 * Nothing of the process is touched: no signal handler, working directory, umask, or standard
 * stream; no thread is started; nothing is called back, so that a signal which a language handles
 * between its own instructions gets through: log lines are fetched with study_session_next_log.
 *
 * A study ends with study_session_end; a session that is closed, or a process that exits, without
 * it leaves it interrupted, as one that is killed does: the next study_session_open goes on with
 * it.
 */
#ifndef STUDY_SESSION_H
#define STUDY_SESSION_H

#include <study/abi.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* What follows is of version 1.0, but for what says otherwise. */
#define STUDY_SESSION_VERSION_MAJOR 1u
#define STUDY_SESSION_VERSION_MINOR 0u

/* Beside those of enum study_status. Where nothing else is said: STUDY_BAD_OPTIONS for what the
 * caller says wrong, STUDY_IGNORED for an event that the run's state doesn't allow, STUDY_FAILED
 * for the rest, such as an unknown run, a study that has ended, or a file that can't be written. */
enum study_session_status {
  STUDY_DESIGN_CHANGED = 64, /* open: the experiments are not those of the checkpoint; the message
                                has an account of it in lines */
  STUDY_NOT_FOUND = 65       /* find: no such run; latest, read: no such study; next_log: no further
                                line */
};

/* 0 is none. */
typedef uint64_t study_session;

/* The version of the library: major * 65536 + minor. */
uint32_t study_session_version(void);

/* Opens a study: begins one, or goes on with one that is there.
 *
 * options: a JSON object. `study_name` must be there; the others and their defaults:
 *   "framework_version": "0", "n_cycles": 1, "study_design_hash": "",
 *   "open_ended": false    the experiments are found as the study goes on
 *   "results_dir": "results"
 *   "resume": "latest"     or "never", or "directory" with "study_dir": "…"
 *   "failed": "again"      or "kept": what becomes of failed runs
 *   "accept_growth": true, "force": false, "rebuild": false
 *   "results": "json"      or "any", "none": what a completed run must have to count when resumed
 *   "durability": "process"                or "power", of results
 *   "observers": [{"plugin": "manifest_writer", "options": {}, "enabled": true}]
 *   "plugin_path": [], relative to the working directory
 *   "host_config": "…"     a host's config file, as study-host's: observers, plugin_path,
 *                          results_dir and durability are its, where the options don't say them
 *   "host_name": "session"
 *
 * What they mean: `SessionOptions` of session.hpp. experiments: a JSON array of {"config": {…},
 * "config_hash": "…", "config_summary": "…", "n_cycles": 1}, of which only the first must be there;
 * size 0: none. */
int32_t study_session_open(struct study_string options, struct study_string experiments,
                           study_session* session, struct study_error* error);

struct study_summary {
  uint32_t struct_size;
  int32_t is_resumed;
  int32_t has_ended; /* or nothing was left of it */
  uint64_t runs;     /* their numbers are 0 to runs - 1 */
  uint64_t completed;
  uint64_t failed;
  uint64_t pending; /* pending and running */
  struct study_string directory;
  void* memory; /* of the string */
};
int32_t study_session_info(study_session session, struct study_summary* info,
                           struct study_error* error);

/* The numbers of the runs that are left, in order: at most `capacity`, of `count`. */
int32_t study_session_pending(study_session session, uint64_t* runs, size_t capacity, size_t* count,
                              struct study_error* error);

struct study_run {
  uint32_t struct_size;
  int32_t state; /* enum study_experiment_state */
  int32_t cycle;
  int64_t experiment; /* its place among those given to open; -1: it is not among them */
  struct study_string config_hash;
  struct study_string config_summary;
  struct study_string result_stem; /* of the run's files in the directory, without extension */
  struct study_string config;      /* JSON; only if experiment is -1 */
  void* memory;                    /* of the strings */
};
int32_t study_session_run(study_session session, uint64_t run, struct study_run* out,
                          struct study_error* error);

/* STUDY_NOT_FOUND if there is none. */
int32_t study_session_find(study_session session, struct study_string config_hash, int32_t cycle,
                           uint64_t* run, struct study_error* error);

/* An event that says nothing but the state: pending again, running, or completed without a result.
 * time_us: since 1970; 0: now. */
int32_t study_session_mark(study_session session, uint64_t run, int32_t state, int64_t time_us,
                           struct study_error* error);

struct study_run_event {
  uint32_t struct_size;
  int32_t state;
  uint64_t run;
  int64_t time_us;
  struct study_string attributes; /* a JSON object of at most STUDY_MAX_ATTRIBUTES_BYTES */
  /* completed: the result is put in place first; when that fails, nothing has changed. */
  struct study_string result;           /* bytes */
  struct study_string result_file;      /* or a file, which is moved; size 0: the bytes */
  struct study_string result_extension; /* of the name that it gets; size 0: .json */
  int32_t is_in_place;                  /* not 0: the caller has put it there, whole; or where
                                           result_file says, relative to the study's directory */
  /* failed */
  struct study_string error_type;
  struct study_string error_message;
};
int32_t study_session_event(study_session session, const struct study_run_event* event,
                            struct study_error* error);

/* Adds what the study doesn't have of `experiments`, which are as in open, and gives the numbers of
 * the runs of all of them: at most `capacity`, of `count`. */
int32_t study_session_add(study_session session, struct study_string experiments, uint64_t* runs,
                          size_t capacity, size_t* count, struct study_error* error);

/* The study's present state: manifest JSON, schema 2.0. `manifest.data` is to be freed. */
int32_t study_session_manifest(study_session session, struct study_string* manifest,
                               struct study_error* error);

/* outcome: enum study_outcome; -1: completed if nothing is left, else interrupted. Once; then does
 * nothing. */
int32_t study_session_end(study_session session, int32_t outcome, int64_t time_us,
                          struct study_error* error);

/* For who only looks; nothing is locked or changed. What is given back is to be freed.
 *
 * latest: the directory of the latest study of that name in a results_dir; STUDY_NOT_FOUND if there
 * is none. */
int32_t study_session_latest(struct study_string results_dir, struct study_string study_name,
                             struct study_string* directory, struct study_error* error);
/* read: what the observers know of the study in a directory together, as manifest JSON, schema 2.0;
 * STUDY_NOT_FOUND if there is none. options: as in open, of which what concerns the observers
 * counts. */
int32_t study_session_read(struct study_string options, struct study_string directory,
                           struct study_string* manifest, struct study_error* error);

struct study_log_line {
  uint32_t struct_size;
  int32_t severity;            /* enum study_log_severity */
  struct study_string channel; /* who says it: a plugin's name; size 0: the session */
  struct study_string text;
  void* memory; /* of the strings */
};
/* The next line of the session's log, each once. session 0: of those that could not be opened, and
 * of study_session_read. */
int32_t study_session_next_log(study_session session, struct study_log_line* line,
                               struct study_error* error);

/* Ends the study as interrupted if nobody has ended it. Does nothing for a session that isn't
 * there. */
void study_session_close(study_session session);

/* Of what the library gave; NULL is fine. */
void study_session_free(void* memory);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif /* STUDY_SESSION_H */
