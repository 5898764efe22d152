#include "boundary/abi_events.hpp"
#include "boundary/abi_text.hpp"

#include <study/error.hpp>
#include <study/export_observer.hpp>
#include <study/options_schema.hpp>

#include <exception>
#include <new>
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
  } catch (const std::bad_alloc&) {
    return fail(error, STUDY_FAILED, "out of memory");
  } catch (const std::exception& exception) {
    return fail(error, STUDY_FAILED, exception.what());
  } catch (...) {
    return fail(error, STUDY_FAILED, "threw something that is not a std::exception");
  }
}

/// The instance behind a handle. A call out of turn must not reach the observer, which relies on
/// the order.
Instance& instance_in(Phase expected, void* handle, const std::string& function) {
  if (handle == nullptr) throw BadEvent(function + ": the observer is NULL");
  auto& instance = *static_cast<Instance*>(handle);
  if (instance.phase == expected) return instance;
  throw BadEvent(function + (instance.phase == Phase::created   ? " before on_study_start"
                             : instance.phase == Phase::started ? " after on_study_start"
                                                                : " after the end of the study"));
}

boost::json::object parse_options(std::string_view text) {
  if (text.empty()) return {};
  boost::system::error_code code;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), code);
  if (code) throw InputError("the options are not JSON: " + code.message());
  if (!value.is_object()) throw InputError("the options are not a JSON object");
  return value.get_object();
}

std::string owner_name() {
  return "plugin '" + std::string(registration().description.name) + "'";
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
    Instance& instance = instance_in(Phase::created, observer, "on_study_start");
    const StartEvent start(checked(event, &study_start_event::resume_from, "study_start_event"));
    instance.phase = Phase::ended;  // if it throws, nothing but the destructor follows
    instance.observer->on_study_start(start.view());
    instance.phase = Phase::started;
    return STUDY_OK;
  });
}

static std::int32_t glue_on_experiment_state(void* observer, const study_experiment_event* event,
                                             study_error* error) noexcept {
  return guarded(error, [&]() -> std::int32_t {
    Instance& instance = instance_in(Phase::started, observer, "on_experiment_state");
    const TransitionEvent transition(
        checked(event, &study_experiment_event::error_message, "study_experiment_event"));
    instance.observer->on_experiment_state(transition.view());
    return STUDY_OK;
  });
}

static std::int32_t glue_on_study_end(void* observer, const study_end_event* event,
                                      study_error* error) noexcept {
  return guarded(error, [&]() -> std::int32_t {
    Instance& instance = instance_in(Phase::started, observer, "on_study_end");
    const StudyEnd end = to_study_end(checked(event, &study_end_event::time_us, "study_end_event"));
    instance.phase = Phase::ended;  // also if it throws: it is called once
    instance.observer->on_study_end(end);
    return STUDY_OK;
  });
}

static std::int32_t glue_read_checkpoint(void* observer, const study_checkpoint_query* query,
                                         const study_text_receiver* receiver,
                                         study_error* error) noexcept {
  return guarded(error, [&]() -> std::int32_t {
    Instance& instance = instance_in(Phase::created, observer, "read_checkpoint");
    const auto& asked =
        checked(query, &study_checkpoint_query::results_dir, "study_checkpoint_query");
    const auto& taker = checked(receiver, &study_text_receiver::receive, "study_text_receiver");
    if (taker.receive == nullptr) throw BadEvent("study_text_receiver: receive is NULL");
    const CheckpointQuery converted = to_query(asked);
    try {
      const auto manifest = instance.observer->read_checkpoint(converted);
      if (!manifest) return STUDY_NO_CHECKPOINT;
      const std::string text = render_manifest(*manifest);
      taker.receive(taker.context, to_abi(text));
      return STUDY_OK;
    } catch (const CheckpointError& exception) {
      const bool newer = exception.kind() == CheckpointError::Kind::newer_version;
      return fail(error, newer ? STUDY_CHECKPOINT_NEWER_VERSION : STUDY_CHECKPOINT_CORRUPT,
                  exception.what());
    }
  });
}

static void glue_destroy(void* observer) noexcept {
  delete static_cast<Instance*>(observer);
}

}  // extern "C"

Registration describe(export_detail::Factory factory, const PluginDescription& description) {
  return {
      factory, description,
      study_observer_plugin{STUDY_OBSERVER_MAGIC, sizeof(study_observer_plugin), STUDY_ABI_MAJOR,
                            STUDY_ABI_MINOR, to_abi(description.name), to_abi(description.version),
                            to_abi(description.description), to_abi(description.options_schema),
                            &glue_create, &glue_on_study_start, &glue_on_experiment_state,
                            &glue_on_study_end, &glue_read_checkpoint, &glue_destroy}};
}

}  // namespace

const study_observer_plugin* export_detail::plugin_table(
    uint32_t host_abi_major, Factory factory, const PluginDescription& description) noexcept {
  if (host_abi_major != STUDY_ABI_MAJOR) return nullptr;
  // A static's initialisation happens once, whichever thread comes first.
  static const bool registered = [&] {
    registration() = describe(factory, description);
    return true;
  }();
  static_cast<void>(registered);
  return &registration().table;
}

}  // namespace study
