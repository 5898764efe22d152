// The C face of a session: numbers to sessions, statuses for exceptions.
#include "session/c_arguments.hpp"
#include "session/open_sessions.hpp"
#include "session/session_options.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/manifest.hpp>
#include <study/session.h>
#include <study/session.hpp>
#include <study/study_directory.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace study {
namespace {

[[nodiscard]] std::shared_ptr<Session> use(study_session handle) {
  return session_of(handle).session;
}

[[nodiscard]] EventDetails details_of(std::int64_t time_us, std::string_view attributes = {}) {
  EventDetails details{.attributes = attributes};
  if (time_us != 0) details.time = Timestamp(std::chrono::microseconds(time_us));
  return details;
}

void hand_over(const std::vector<RunNumber>& numbers, std::uint64_t* runs, std::size_t capacity,
               std::size_t* count) {
  checked(count, "count") = numbers.size();
  if (runs == nullptr) return;
  std::copy_n(numbers.begin(), std::min(capacity, numbers.size()), runs);
}

void tell(Session& session, const study_run_event& event) {
  const EventDetails details = details_of(event.time_us, utf8_of(event.attributes, "attributes"));
  switch (event.state) {
    case STUDY_PENDING:
      return session.interrupted(event.run, details);
    case STUDY_RUNNING:
      return session.running(event.run, details);
    case STUDY_EXPERIMENT_FAILED:
      return session.failed(event.run, text_of(event.error_type, "error_type"),
                            text_of(event.error_message, "error_message"), details);
    case STUDY_COMPLETED: {
      SessionResult result{.bytes = text_of(event.result, "result"),
                           .file = text_of(event.result_file, "result_file"),
                           .is_in_place = event.is_in_place != 0};
      const std::string_view extension = utf8_of(event.result_extension, "result_extension");
      if (!extension.empty()) result.extension = extension;
      return session.completed(event.run, result, details);
    }
    default:
      throw InputError("state " + std::to_string(event.state) + " is none that exists");
  }
}

}  // namespace
}  // namespace study

using namespace study;

extern "C" {

std::uint32_t study_session_version(void) {
  return STUDY_SESSION_VERSION_MAJOR * 65536u + STUDY_SESSION_VERSION_MINOR;
}

std::int32_t study_session_open(study_string options, study_string experiments,
                                study_session* session, study_error* error) {
  return guarded(error, [&] {
    checked(session, "session") = 0;
    OpenSession opened;
    try {
      SessionOptions parsed =
          parse_session_options(utf8_of(options, "options"), utf8_of(experiments, "experiments"));
      parsed.log = log_into(opened.log);
      opened.session = std::make_shared<Session>(Session::open(std::move(parsed)));
    } catch (...) {
      ProcessWide<OpenSessions>::use([&](OpenSessions& open) { open.of_failed = opened.log; });
      throw;
    }
    *session = ProcessWide<OpenSessions>::use([&](OpenSessions& open) {
      open.all.emplace(++open.last, std::move(opened));
      return open.last;
    });
  });
}

std::int32_t study_session_latest(study_string results_dir, study_string study_name,
                                  study_string* directory, study_error* error) {
  bool is_found = false;
  const std::int32_t status = guarded(error, [&] {
    study_string& out = checked(directory, "directory");
    const std::string_view name = utf8_of(study_name, "study_name");
    check_study_name(name);
    const auto found = study_directories(text_of(results_dir, "results_dir"), name);
    is_found = !found.empty();
    if (is_found) out = TextsForCaller({found.front().string()}).next();
  });
  return status == STUDY_OK && !is_found ? STUDY_NOT_FOUND : status;
}

std::int32_t study_session_read(study_string given_options, study_string directory,
                                study_string* manifest, study_error* error) {
  bool is_found = false;
  const std::int32_t status = guarded(error, [&] {
    study_string& out = checked(manifest, "manifest");
    SessionOptions options = parse_reader_options(utf8_of(given_options, "options"));
    const auto log = std::make_shared<LogQueue>();
    ProcessWide<OpenSessions>::use([&](OpenSessions& open) { open.of_failed = log; });
    options.log = log_into(log);
    const auto found = read_study(text_of(directory, "directory"), options);
    is_found = found.has_value();
    if (found) out = TextsForCaller({render_manifest(*found)}).next();
  });
  return status == STUDY_OK && !is_found ? STUDY_NOT_FOUND : status;
}

std::int32_t study_session_info(study_session handle, struct study_summary* info,
                                study_error* error) {
  return guarded(error, [&] {
    auto& out = checked(info, &study_summary::memory, "info");
    const auto session = use(handle);
    const ManifestCounters counters = session->counters();
    const std::string directory = session->directory().string();
    TextsForCaller texts({directory});
    out.is_resumed = session->is_resumed() ? 1 : 0;
    out.has_ended = session->has_ended() ? 1 : 0;
    out.runs = session->size();
    out.completed = static_cast<std::uint64_t>(counters.completed);
    out.failed = static_cast<std::uint64_t>(counters.failed);
    out.pending = static_cast<std::uint64_t>(counters.pending);
    out.directory = texts.next();
    out.memory = texts.memory();
  });
}

std::int32_t study_session_pending(study_session handle, std::uint64_t* runs, std::size_t capacity,
                                   std::size_t* count, study_error* error) {
  return guarded(error, [&] { hand_over(use(handle)->pending(), runs, capacity, count); });
}

std::int32_t study_session_run(study_session handle, std::uint64_t run, struct study_run* info,
                               study_error* error) {
  return guarded(error, [&] {
    auto& out = checked(info, &study_run::memory, "out");
    const auto session = use(handle);
    const SessionRun found = session->run(run);
    std::string config;
    if (!found.experiment) append_json(config, found.config);
    TextsForCaller texts({found.config_hash, found.config_summary, found.result_stem, config});
    out.state = static_cast<std::int32_t>(found.state);
    out.cycle = found.cycle;
    out.experiment = found.experiment ? static_cast<std::int64_t>(*found.experiment) : -1;
    out.config_hash = texts.next();
    out.config_summary = texts.next();
    out.result_stem = texts.next();
    out.config = texts.next();
    out.memory = texts.memory();
  });
}

std::int32_t study_session_find(study_session handle, study_string config_hash, std::int32_t cycle,
                                std::uint64_t* run, study_error* error) {
  bool is_found = false;
  const std::int32_t status = guarded(error, [&] {
    const auto number = use(handle)->find(utf8_of(config_hash, "config_hash"), cycle);
    is_found = number.has_value();
    if (number) checked(run, "run") = *number;
  });
  return status == STUDY_OK && !is_found ? STUDY_NOT_FOUND : status;
}

std::int32_t study_session_mark(study_session handle, std::uint64_t run, std::int32_t state,
                                std::int64_t time_us, study_error* error) {
  return guarded(error, [&] {
    study_run_event event{};
    event.state = state;
    event.run = run;
    event.time_us = time_us;
    tell(*use(handle), event);
  });
}

std::int32_t study_session_event(study_session handle, const struct study_run_event* event,
                                 study_error* error) {
  return guarded(
      error, [&] { tell(*use(handle), checked(event, &study_run_event::error_message, "event")); });
}

std::int32_t study_session_add(study_session handle, study_string experiments, std::uint64_t* runs,
                               std::size_t capacity, std::size_t* count, study_error* error) {
  return guarded(error, [&] {
    const auto session = use(handle);
    const auto added = parse_experiments(utf8_of(experiments, "experiments"));
    hand_over(session->add(added), runs, capacity, count);
  });
}

std::int32_t study_session_manifest(study_session handle, study_string* manifest,
                                    study_error* error) {
  return guarded(error, [&] {
    const std::string text = render_manifest(use(handle)->manifest());
    checked(manifest, "manifest") = TextsForCaller({text}).next();
  });
}

std::int32_t study_session_end(study_session handle, std::int32_t outcome, std::int64_t time_us,
                               study_error* error) {
  return guarded(error, [&] {
    if (outcome < -1 || outcome > STUDY_OUTCOME_FAILED) {
      throw InputError("outcome " + std::to_string(outcome) + " is none that exists");
    }
    const auto session = use(handle);
    session->end(outcome < 0 ? std::nullopt : std::optional(static_cast<StudyOutcome>(outcome)),
                 details_of(time_us));
  });
}

std::int32_t study_session_next_log(study_session handle, struct study_log_line* line,
                                    study_error* error) {
  bool is_found = false;
  const std::int32_t status = guarded(error, [&] {
    auto& out = checked(line, &study_log_line::memory, "line");
    const auto log = handle != 0 ? session_of(handle).log
                                 : ProcessWide<OpenSessions>::use(
                                       [](const OpenSessions& open) { return open.of_failed; });
    const auto taken = log->take();
    is_found = taken.has_value();
    if (!taken) return;
    TextsForCaller texts({taken->channel, taken->text});
    out.severity = static_cast<std::int32_t>(taken->severity);
    out.channel = texts.next();
    out.text = texts.next();
    out.memory = texts.memory();
  });
  return status == STUDY_OK && !is_found ? STUDY_NOT_FOUND : status;
}

void study_session_close(study_session handle) {
  // Out of the lock: the study may have to be ended, which takes its time.
  const auto closed = ProcessWide<OpenSessions>::use([handle](OpenSessions& open) {
    const auto found = open.all.find(handle);
    OpenSession session;
    if (found != open.all.end()) {
      session = std::move(found->second);
      open.all.erase(found);
    }
    return session;
  });
}

void study_session_free(void* memory) {
  std::free(memory);
}

}  // extern "C"
