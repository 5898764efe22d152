#include "base/format.hpp"
#include "boundary/abi_text.hpp"
#include "boundary/given_event.hpp"

#include <study/export_observer.hpp>
#include <study/fork_guard.hpp>
#include <study/options_schema.hpp>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <mutex>
#include <new>
#include <optional>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace study {

void PluginHost::log(LogSeverity severity, std::string_view text,
                     std::string_view channel) const noexcept {
  host_->log(host_->context, static_cast<std::int32_t>(severity), to_abi(channel), to_abi(text));
}

namespace {

enum class Phase { created, started, ended };

/// What a handle points to.
struct Instance {
  std::unique_ptr<StudyObserver> observer;
  Phase phase = Phase::created;
  std::uint32_t host_minor = 0;  ///< of the interface that the host knows
  std::mutex calls;              ///< whoever calls the observer has it
  ForkGuard process;             ///< that made it
};

struct Registration {
  export_detail::Factory factory = nullptr;
  PluginDescription description;
  study_observer_plugin table{};
};

/// One for each library, since each has its own copy of this code.
Registration& registration() {
  static Registration instance;
  return instance;
}

std::int32_t fail(study_error* error, study_status status, std::string_view message) noexcept {
  write_error(error, message);
  return status;
}

/// Runs `body` and turns everything it throws into a status. The end of the road for exceptions.
template <class Body>
std::int32_t guarded(study_error* error, Body&& body) noexcept {
  try {
    return body();
  } catch (const BadEvent& exception) {
    return fail(error, STUDY_BAD_EVENT, exception.what());
  } catch (const EventIgnored& exception) {
    return fail(error, STUDY_IGNORED, exception.what());
  } catch (const std::bad_alloc&) {
    return fail(error, STUDY_FAILED, "out of memory");
  } catch (const std::exception& exception) {
    return fail(error, STUDY_FAILED, exception.what());
  } catch (...) {
    return fail(error, STUDY_FAILED, "threw something that is not a std::exception");
  }
}

/// The same for what reads a store, and tells what is wrong with that.
template <class Body>
std::int32_t guarded_reading(study_error* error, Body&& body) noexcept {
  return guarded(error, [&]() -> std::int32_t {
    try {
      return body();
    } catch (const CheckpointError& exception) {
      const bool newer = exception.kind() == CheckpointError::Kind::newer_version;
      return fail(error, newer ? STUDY_CHECKPOINT_NEWER_VERSION : STUDY_CHECKPOINT_CORRUPT,
                  exception.what());
    }
  });
}

/// An instance while its observer is called: by this thread alone, in the process that made it.
class Call {
 public:
  /// A call out of turn must not reach the observer, which relies on the order.
  Call(Phase expected, void* handle, std::string_view function)
      : instance_(checked_instance(handle, function)), lock_(instance_.calls) {
    if (instance_.phase == expected) return;
    throw BadEvent(study::format("{} {}", function,
                                 instance_.phase == Phase::created ? "before on_study_start"
                                 : instance_.phase == Phase::started
                                     ? "after on_study_start"
                                     : "after the end of the study"));
  }

  Instance* operator->() const { return &instance_; }

 private:
  /// Before the lock is taken: a thread of the parent may have had it at the moment of the fork,
  /// and here nobody gives it back.
  static Instance& checked_instance(void* handle, std::string_view function) {
    if (handle == nullptr) throw BadEvent(study::format("{}: the observer is NULL", function));
    auto& instance = *static_cast<Instance*>(handle);
    if (!instance.process.is_in_child()) return instance;
    throw Error(
        study::format("{} in a process that was forked from the one that made the observer: only "
                      "that one may use "
                      "it. Workers that are forked hand their results back to it",
                      function));
  }

  Instance& instance_;
  std::lock_guard<std::mutex> lock_;
};

boost::json::object parse_options(std::string_view text) {
  if (text.empty()) return {};
  boost::system::error_code code;
  const boost::json::value value = boost::json::parse(text, code);
  if (code) throw InputError("the options are not JSON: " + code.message());
  if (!value.is_object()) throw InputError("the options are not a JSON object");
  return value.get_object();
}

std::string owner_name() {
  return study::format("plugin '{}'", registration().description.name);
}

extern "C" {

static std::int32_t glue_create(const study_host* host, study_string options, void** observer,
                                study_error* error) noexcept {
  return guarded(error, [&]() -> std::int32_t {
    if (observer == nullptr) throw BadEvent("create: nowhere to put the observer");
    *observer = nullptr;
    const study_host& checked_host = checked(host, &study_host::log, "study_host");
    if (checked_host.log == nullptr) throw BadEvent("study_host: log is NULL");
    static_cast<void>(text_of(checked_host.name, "study_host: name"));
    static_cast<void>(text_of(checked_host.version, "study_host: version"));
    const std::string_view options_text = text_of(options, "options");
    auto instance = std::make_unique<Instance>();
    instance->host_minor = checked_host.abi_minor;
    try {
      const boost::json::object values = parse_options(options_text);
      check_options(owner_name(), registration().description.options_schema, values);
      instance->observer = registration().factory(PluginHost(checked_host), values);
    } catch (const InputError& exception) {
      return fail(error, STUDY_BAD_OPTIONS, exception.what());
    }
    *observer = instance.release();
    return STUDY_OK;
  });
}

static std::int32_t glue_on_study_start(void* observer, const study_start_event* event,
                                        study_error* error) noexcept {
  return guarded(error, [&]() -> std::int32_t {
    const Call call(Phase::created, observer, "on_study_start");
    const auto& given = checked(event, &study_start_event::resume_from, "study_start_event");
    const std::filesystem::path study_dir = text_of(given.study_dir, "study_dir");
    StudyConfig config = config_of(given);
    const Timestamp time = time_of(given.time_us);
    std::optional<StudyManifest> resume_from = manifest_of(given);
    if (study_dir.empty()) throw BadEvent("study_dir is empty");
    call->phase = Phase::ended;  // if it throws, nothing but the destructor follows
    try {
      StudyManifest* const manifest = resume_from ? &*resume_from : nullptr;
      call->observer->on_study_start({config, study_dir, time, manifest, &config, manifest});
    } catch (const StoreAway& exception) {
      if (call->host_minor < 2) throw;
      call->phase = Phase::started;
      return fail(error, STUDY_STORE_AWAY, exception.what());
    }
    call->phase = Phase::started;
    return STUDY_OK;
  });
}

static std::int32_t glue_on_experiment_state(void* observer, const study_experiment_event* event,
                                             study_error* error) noexcept {
  return guarded(error, [&]() -> std::int32_t {
    const Call call(Phase::started, observer, "on_experiment_state");
    const auto& given =
        checked(event, &study_experiment_event::error_message, "study_experiment_event");
    RepairedTexts repaired;
    const ExperimentEvent transition = transition_of(given, repaired);
    try {
      call->observer->on_experiment_state(transition);
    } catch (const EventIgnored&) {
      if (call->host_minor >= 1) throw;
    }
    return STUDY_OK;
  });
}

static std::int32_t glue_on_experiments_added(void* observer, const study_experiments_event* event,
                                              study_error* error) noexcept {
  return guarded(error, [&]() -> std::int32_t {
    const Call call(Phase::started, observer, "on_experiments_added");
    const auto& given =
        checked(event, &study_experiments_event::experiments, "study_experiments_event");
    const AddedExperiments added = experiments_of(given);
    call->observer->on_experiments_added(
        {added.experiments, time_of(given.time_us), added.study_design_hash});
    return STUDY_OK;
  });
}

static std::int32_t glue_on_study_end(void* observer, const study_end_event* event,
                                      study_error* error) noexcept {
  return guarded(error, [&]() -> std::int32_t {
    const Call call(Phase::started, observer, "on_study_end");
    const StudyEnd end = end_of(checked(event, &study_end_event::time_us, "study_end_event"));
    call->phase = Phase::ended;  // also if it throws: it is called once
    call->observer->on_study_end(end);
    return STUDY_OK;
  });
}

static std::int32_t glue_read_checkpoint(void* observer, const study_checkpoint_query* query,
                                         const study_text_receiver* receiver,
                                         study_error* error) noexcept {
  return guarded_reading(error, [&]() -> std::int32_t {
    const Call call(Phase::created, observer, "read_checkpoint");
    const CheckpointQuery asked = query_of(query, "read_checkpoint");
    const auto& taker = receiver_of(receiver);
    auto manifest = call->observer->read_checkpoint(asked);
    if (!manifest) return STUDY_NO_CHECKPOINT;
    const std::string text = render_manifest(*manifest);
    manifest.reset();  // the host makes one of its own
    taker.receive(taker.context, to_abi(text));
    return STUDY_OK;
  });
}

static std::int32_t glue_read_attempts(void* observer, const study_checkpoint_query* query,
                                       const study_text_receiver* receiver,
                                       study_error* error) noexcept {
  return guarded_reading(error, [&]() -> std::int32_t {
    const Call call(Phase::created, observer, "read_attempts");
    const CheckpointQuery asked = query_of(query, "read_attempts");
    const auto& taker = receiver_of(receiver);
    std::string text;
    const auto hand_over = [&](const StudyAttempt& attempt) {
      text.clear();
      append_attempt(text, attempt);
      taker.receive(taker.context, to_abi(text));
    };
    return call->observer->read_attempts(asked, hand_over) ? STUDY_OK : STUDY_NO_CHECKPOINT;
  });
}

static std::int32_t glue_list_studies(void* observer, const study_checkpoint_query* query,
                                      const study_text_receiver* receiver,
                                      study_error* error) noexcept {
  return guarded_reading(error, [&]() -> std::int32_t {
    const Call call(Phase::created, observer, "list_studies");
    const StudiesQuery asked = studies_query_of(query);
    const auto& taker = receiver_of(receiver);
    std::string text;
    const auto hand_over = [&](const StoredStudy& study) {
      text.clear();
      append_stored_study(text, study);
      taker.receive(taker.context, to_abi(text));
    };
    return call->observer->list_studies(asked, hand_over) ? STUDY_OK : STUDY_NO_CHECKPOINT;
  });
}

static void glue_destroy(void* observer) noexcept {
  auto* const instance = static_cast<Instance*>(observer);
  if (instance == nullptr) return;
  // In a forked child the observer's destructor would end what the parent still uses: a connection,
  // the locks on a database. Its memory is the parent's, too, until somebody writes to it.
  if (instance->process.is_in_child()) static_cast<void>(instance->observer.release());
  delete instance;
}

}  // extern "C"

Registration describe(export_detail::Factory factory, const PluginDescription& description,
                      export_detail::Offers offers) {
  return {
      factory, description,
      study_observer_plugin{STUDY_OBSERVER_MAGIC, sizeof(study_observer_plugin), STUDY_ABI_MAJOR,
                            STUDY_ABI_MINOR, to_abi(description.name), to_abi(description.version),
                            to_abi(description.description), to_abi(description.options_schema),
                            &glue_create, &glue_on_study_start, &glue_on_experiment_state,
                            &glue_on_study_end, &glue_read_checkpoint, &glue_destroy,
                            offers.experiments_added ? &glue_on_experiments_added : nullptr,
                            offers.attempts ? &glue_read_attempts : nullptr,
                            offers.studies ? &glue_list_studies : nullptr}};
}

}  // namespace

const study_observer_plugin* export_detail::plugin_table(uint32_t host_abi_major, Factory factory,
                                                         const PluginDescription& description,
                                                         Offers offers) noexcept {
  if (host_abi_major != STUDY_ABI_MAJOR) return nullptr;
  // A static's initialisation happens once, whichever thread comes first.
  static const Registration& registered = registration() = describe(factory, description, offers);
  return &registered.table;
}

}  // namespace study
