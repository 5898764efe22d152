#include "base/format.hpp"
#include "boundary/abi_text.hpp"

#include <study/export_observer.hpp>
#include <study/fork_guard.hpp>
#include <study/json.hpp>
#include <study/options_schema.hpp>
#include <study/text.hpp>

#include <chrono>
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

// The years 0000 to 9999, which is what RFC 3339 can express.
constexpr std::int64_t kFirstTimeUs = -62'167'219'200'000'000;
constexpr std::int64_t kLastTimeUs = 253'402'300'799'999'999;

/// What the host handed over breaks the contract. Nothing has changed when it is thrown.
class BadEvent : public Error {
 public:
  using Error::Error;
};

/// The struct behind a pointer of the host, known to have all members up to `last`.
template <class Struct, class Member>
const Struct& checked(const Struct* object, Member Struct::*last, std::string_view what) {
  if (object == nullptr) throw BadEvent(study::format("{} is NULL", what));
  if (!covers(*object, last)) {
    throw BadEvent(study::format("{}: struct_size {} is too small for version 1.0 of the interface",
                                 what, object->struct_size));
  }
  return *object;
}

/// The bytes. Like all that follow, this throws `BadEvent` that names the member.
std::string_view text_of(study_string text, std::string_view member) {
  const auto view = from_abi(text);
  if (!view) throw BadEvent(study::format("{} has a size but no data", member));
  return *view;
}

std::string_view utf8_of(study_string text, std::string_view member) {
  const std::string_view view = text_of(text, member);
  if (!is_valid_utf8(view)) throw BadEvent(study::format("{} is not UTF-8", member));
  return view;
}

/// The text itself, or what is kept in `repaired` if it is ill-formed.
std::string_view repaired_of(study_string text, std::string_view member, std::string& repaired) {
  const std::string_view view = text_of(text, member);
  if (is_valid_utf8(view)) return view;
  repaired = to_valid_utf8(view);
  return repaired;
}

Timestamp time_of(std::int64_t time_us) {
  if (time_us < kFirstTimeUs || time_us > kLastTimeUs) {
    throw BadEvent(study::format("time_us {} is not between the years 0 and 9999", time_us));
  }
  return Timestamp(std::chrono::microseconds(time_us));
}

/// Runs a parser of text from the host.
template <class Parse>
auto parsed(std::string_view member, const Parse& parse) {
  try {
    return parse();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& exception) {
    throw BadEvent(study::format("{}: {}", member, exception.what()));
  }
}

StudyConfig config_of(const study_start_event& event) {
  const std::string_view text = utf8_of(event.study_config, "study_config");
  return parsed("study_config", [&] { return parse_study_config(text); });
}

std::optional<StudyManifest> manifest_of(const study_start_event& event) {
  const std::string_view text = utf8_of(event.resume_from, "resume_from");
  if (text.empty()) return std::nullopt;
  return parsed("resume_from", [&] { return parse_manifest(text, "the manifest"); });
}

ExperimentState state_of(std::int32_t state) {
  if (state < STUDY_PENDING || state > STUDY_EXPERIMENT_FAILED) {
    throw BadEvent(study::format("state {} is none that exists", state));
  }
  return static_cast<ExperimentState>(state);
}

/// One JSON object, or nothing. Parsed here so that the host learns at once that it can't be used.
std::string_view attributes_of(const study_experiment_event& event) {
  if (!covers(event, &study_experiment_event::attributes)) return {};
  const std::string_view text = utf8_of(event.attributes, "attributes");
  if (text.size() > kMaxAttributesBytes) {
    throw BadEvent(
        study::format("attributes has {} bytes, of at most {}: keep what is long in a "
                      "file of its own, and its name here",
                      text.size(), kMaxAttributesBytes));
  }
  if (text.empty()) return text;
  if (!parsed("attributes", [&] { return parse_json(text, "JSON"); }).is_object()) {
    throw BadEvent("attributes must be a JSON object");
  }
  return text;
}

/// What a transition refers to where the text that came was ill-formed.
struct RepairedTexts {
  std::string error_type;
  std::string error_message;
};

/// What a failed process said is rarely worth losing the failure over, so ill-formed UTF-8 in the
/// error's texts is repaired, while anywhere else it is refused.
ExperimentEvent transition_of(const study_experiment_event& event, RepairedTexts& repaired) {
  ExperimentEvent result;
  result.config_hash = utf8_of(event.config_hash, "config_hash");
  if (result.config_hash.empty()) throw BadEvent("config_hash is empty");
  if (event.cycle < 1) throw BadEvent(study::format("cycle {} is below 1", event.cycle));
  result.cycle = event.cycle;
  result.state = state_of(event.state);
  result.time = time_of(event.time_us);
  result.result_file = utf8_of(event.result_file, "result_file");
  result.error_type = repaired_of(event.error_type, "error_type", repaired.error_type);
  result.error_message = repaired_of(event.error_message, "error_message", repaired.error_message);
  result.attributes = attributes_of(event);
  return result;
}

StudyEnd end_of(const study_end_event& event) {
  if (event.outcome < STUDY_OUTCOME_COMPLETED || event.outcome > STUDY_OUTCOME_FAILED) {
    throw BadEvent(study::format("outcome {} is none that exists", event.outcome));
  }
  return {static_cast<StudyOutcome>(event.outcome), time_of(event.time_us)};
}

CheckpointQuery query_of(const study_checkpoint_query& query) {
  CheckpointQuery result{.study_dir = text_of(query.study_dir, "study_dir"),
                         .study_name = std::string(utf8_of(query.study_name, "study_name")),
                         .results_dir = text_of(query.results_dir, "results_dir")};
  if (result.study_dir.empty() && result.study_name.empty()) {
    throw BadEvent("read_checkpoint: neither study_dir nor study_name is given");
  }
  return result;
}

enum class Phase { created, started, ended };

/// What a handle points to.
struct Instance {
  std::unique_ptr<StudyObserver> observer;
  Phase phase = Phase::created;
  bool host_knows_ignored = false;  ///< it is of version 1.1 or later
  std::mutex calls;                 ///< whoever calls the observer has it
  ForkGuard process;                ///< that made it
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
    instance->host_knows_ignored = checked_host.abi_minor >= 1;
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
    const StudyConfig config = config_of(given);
    const Timestamp time = time_of(given.time_us);
    const std::optional<StudyManifest> resume_from = manifest_of(given);
    if (study_dir.empty()) throw BadEvent("study_dir is empty");
    call->phase = Phase::ended;  // if it throws, nothing but the destructor follows
    call->observer->on_study_start(
        {config, study_dir, time, resume_from ? &*resume_from : nullptr});
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
      if (call->host_knows_ignored) throw;
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
    const std::string_view text = utf8_of(given.experiments, "experiments");
    const AddedExperiments added =
        parsed("experiments", [&] { return parse_added_experiments(text); });
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
  return guarded(error, [&]() -> std::int32_t {
    const Call call(Phase::created, observer, "read_checkpoint");
    const auto& asked =
        checked(query, &study_checkpoint_query::results_dir, "study_checkpoint_query");
    const auto& taker = checked(receiver, &study_text_receiver::receive, "study_text_receiver");
    if (taker.receive == nullptr) throw BadEvent("study_text_receiver: receive is NULL");
    const CheckpointQuery converted = query_of(asked);
    try {
      const auto manifest = call->observer->read_checkpoint(converted);
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
  auto* const instance = static_cast<Instance*>(observer);
  if (instance == nullptr) return;
  // In a forked child the observer's destructor would end what the parent still uses: a connection,
  // the locks on a database. Its memory is the parent's, too, until somebody writes to it.
  if (instance->process.is_in_child()) static_cast<void>(instance->observer.release());
  delete instance;
}

}  // extern "C"

Registration describe(export_detail::Factory factory, const PluginDescription& description,
                      bool takes_experiments) {
  return {
      factory, description,
      study_observer_plugin{STUDY_OBSERVER_MAGIC, sizeof(study_observer_plugin), STUDY_ABI_MAJOR,
                            STUDY_ABI_MINOR, to_abi(description.name), to_abi(description.version),
                            to_abi(description.description), to_abi(description.options_schema),
                            &glue_create, &glue_on_study_start, &glue_on_experiment_state,
                            &glue_on_study_end, &glue_read_checkpoint, &glue_destroy,
                            takes_experiments ? &glue_on_experiments_added : nullptr}};
}

}  // namespace

const study_observer_plugin* export_detail::plugin_table(uint32_t host_abi_major, Factory factory,
                                                         const PluginDescription& description,
                                                         bool takes_experiments) noexcept {
  if (host_abi_major != STUDY_ABI_MAJOR) return nullptr;
  // A static's initialisation happens once, whichever thread comes first.
  static const Registration& registered = registration() =
      describe(factory, description, takes_experiments);
  return &registered.table;
}

}  // namespace study
