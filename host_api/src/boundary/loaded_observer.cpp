#include "boundary/loaded_observer.hpp"

#include "base/format.hpp"
#include "base/free_memory.hpp"
#include "boundary/abi_text.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>

namespace study {

namespace {

/// What goes into the log from a plugin: any thread, any bytes, and nothing may come back.
void take_log(void* context, std::int32_t severity, study_string channel, study_string text) {
  try {
    const auto& services = *static_cast<const HostServices*>(context);
    const auto level = static_cast<LogSeverity>(
        std::clamp<std::int32_t>(severity, STUDY_LOG_TRACE, STUDY_LOG_ERROR));
    services.log(level, to_valid_utf8(from_abi(channel).value_or("")),
                 to_valid_utf8(from_abi(text).value_or("(a message without data)")));
  } catch (...) {
    // A log that can't be written has nowhere to say so.
  }
}

/// Where a checkpoint's text arrives.
struct Reception {
  std::string text;
  int times = 0;
  bool usable = true;
};

void take_text(void* context, study_string text) {
  auto& reception = *static_cast<Reception*>(context);
  ++reception.times;
  try {
    const auto view = from_abi(text);
    reception.usable = reception.usable && view.has_value();
    if (view) reception.text = *view;
  } catch (...) {
    reception.usable = false;  // for lack of memory
  }
}

/// Where texts arrive one by one. Nothing may be thrown through the plugin, so that the first thing
/// that is wrong waits here, and whatever follows isn't looked at.
template <class Take>
struct EachReception {
  const Take& take;  ///< a text
  const std::string& source;
  std::exception_ptr failure;

  static void receive(void* context, study_string text) {
    auto& reception = *static_cast<EachReception*>(context);
    if (reception.failure) return;
    try {
      const auto view = from_abi(text);
      if (!view) throw PluginError(reception.source + ": a text without data");
      reception.take(*view);
    } catch (...) {
      reception.failure = std::current_exception();
    }
  }
};

std::string reason_of(std::int32_t status, const ErrorBuffer& error) {
  std::string text = error.text();
  if (status < STUDY_OK || status > STUDY_STORE_AWAY) {
    return study::format("unknown status {}{}", status, text.empty() ? "" : ": " + text);
  }
  return text.empty() ? study::format("status {}, without a message", status) : text;
}

std::string failure_of(const LoadedPlugin& plugin, std::string_view function, std::int32_t status,
                       const ErrorBuffer& error) {
  return study::format("{}: {} failed: {}", plugin.label(), function, reason_of(status, error));
}

}  // namespace

std::string ErrorBuffer::text() const {
  return to_valid_utf8({bytes_.data(), std::min(error_.size, bytes_.size())});
}

LoadedObserver::LoadedObserver(std::shared_ptr<const LoadedPlugin> plugin, HostServices services,
                               std::string_view options)
    : plugin_(std::move(plugin)), services_(std::move(services)) {
  host_ = {sizeof host_,
           STUDY_ABI_MAJOR,
           STUDY_ABI_MINOR,
           to_abi(services_.name),
           to_abi(services_.version),
           &services_,
           &take_log};
  ErrorBuffer error;
  const std::int32_t status =
      plugin_->table->create(&host_, to_abi(options), &handle_, error.get());
  if (status == STUDY_BAD_OPTIONS) {
    throw InputError(plugin_->label() + ": options refused: " + reason_of(status, error));
  }
  if (status != STUDY_OK) throw PluginError(failure_of(*plugin_, "create", status, error));
  if (handle_ == nullptr) {
    throw PluginError(plugin_->label() + ": create returned success but no observer");
  }
}

template <class Function, class Event>
void LoadedObserver::notify(std::string_view name, Function function, const Event& event) {
  const std::int32_t status = function(handle_, &event, error_.get());
  if (status == STUDY_IGNORED) throw EventIgnored(reason_of(status, error_));
  if (status != STUDY_OK) throw PluginError(failure_of(*plugin_, name, status, error_));
}

LoadedObserver::~LoadedObserver() {
  plugin_->table->destroy(handle_);
}

/// Of abi.h, from which on a plugin knows that experiments share fields.
constexpr std::uint32_t kSharedFieldsMinor = 1;

void LoadedObserver::on_study_start(const StudyStart& event) {
  const std::string config = to_json(event.config, plugin_->table->abi_minor >= kSharedFieldsMinor
                                                       ? SharedFields::once
                                                       : SharedFields::with_each);
  const std::string resume_from =
      event.resume_from == nullptr ? "" : render_manifest(*event.resume_from);
  // The plugin makes one of its own.
  if (event.disposable_manifest != nullptr) free_memory_of(event.disposable_manifest->experiments);
  const study_start_event converted{
      sizeof(study_start_event), event.time.time_since_epoch().count(),
      to_abi(event.study_dir.native()), to_abi(config), to_abi(resume_from)};
  const std::int32_t status = plugin_->table->on_study_start(handle_, &converted, error_.get());
  if (status == STUDY_STORE_AWAY) throw StoreAway(reason_of(status, error_));
  if (status != STUDY_OK) throw PluginError(failure_of(*plugin_, "on_study_start", status, error_));
}

void LoadedObserver::on_experiment_state(const ExperimentEvent& event) {
  const study_experiment_event converted{sizeof(study_experiment_event),
                                         static_cast<std::int32_t>(event.state),
                                         event.cycle,
                                         event.time.time_since_epoch().count(),
                                         to_abi(event.config_hash),
                                         to_abi(event.result_file),
                                         to_abi(event.error_type),
                                         to_abi(event.error_message),
                                         to_abi(event.attributes)};
  notify("on_experiment_state", plugin_->table->on_experiment_state, converted);
}

void LoadedObserver::on_experiments_added(const ExperimentsAdded& event) {
  const auto& table = *plugin_->table;
  if (!covers(table, &study_observer_plugin::on_experiments_added) ||
      table.on_experiments_added == nullptr) {
    throw PluginError(plugin_->label() +
                      ": can't take experiments after the start of the study; it is built for "
                      "version " +
                      std::to_string(table.abi_major) + "." + std::to_string(table.abi_minor) +
                      " of the interface");
  }
  const std::string experiments = to_json(event.experiments, event.study_design_hash);
  const study_experiments_event converted{
      sizeof(study_experiments_event), event.time.time_since_epoch().count(), to_abi(experiments)};
  notify("on_experiments_added", table.on_experiments_added, converted);
}

void LoadedObserver::on_study_end(const StudyEnd& event) {
  const study_end_event converted{sizeof(study_end_event), static_cast<std::int32_t>(event.outcome),
                                  event.time.time_since_epoch().count()};
  notify("on_study_end", plugin_->table->on_study_end, converted);
}

template <class Function>
bool LoadedObserver::read(std::string_view name, Function function, const CheckpointQuery& query,
                          const study_text_receiver& receiver) {
  const study_checkpoint_query converted{sizeof(study_checkpoint_query),
                                         to_abi(query.study_dir.native()), to_abi(query.study_name),
                                         to_abi(query.results_dir.native())};
  ErrorBuffer error;
  const std::int32_t status = function(handle_, &converted, &receiver, error.get());
  if (status == STUDY_OK) return true;
  if (status == STUDY_NO_CHECKPOINT) return false;
  using Kind = CheckpointError::Kind;
  const std::string failure = failure_of(*plugin_, name, status, error);
  if (status == STUDY_CHECKPOINT_CORRUPT) throw CheckpointError(Kind::corrupt, failure);
  if (status == STUDY_CHECKPOINT_NEWER_VERSION) throw CheckpointError(Kind::newer_version, failure);
  throw PluginError(failure);
}

std::optional<StudyManifest> LoadedObserver::read_checkpoint(const CheckpointQuery& query) {
  if (plugin_->table->read_checkpoint == nullptr) return std::nullopt;
  Reception reception;
  const study_text_receiver receiver{sizeof(study_text_receiver), &reception, &take_text};
  if (!read("read_checkpoint", plugin_->table->read_checkpoint, query, receiver)) {
    return std::nullopt;
  }
  if (reception.times != 1 || !reception.usable) {
    throw PluginError(plugin_->label() + ": read_checkpoint returned success but handed over " +
                      (reception.times == 0  ? "nothing"
                       : reception.times > 1 ? "more than one text"
                                             : "a text without data"));
  }
  return parse_manifest(reception.text, "the checkpoint of " + plugin_->label());
}

template <class Function, class Parse, class Take>
bool LoadedObserver::read_each(std::string_view name, Function study_observer_plugin::*member,
                               const CheckpointQuery& query, std::string_view what,
                               const Parse& parse, const Take& take) {
  const auto& table = *plugin_->table;
  if (!covers(table, member) || table.*member == nullptr) return false;
  const std::string source = study::format("{} of {}", what, plugin_->label());
  const auto parsed = [&](std::string_view text) {
    try {
      return parse(text, source);
    } catch (const InputError& error) {
      throw PluginError(error.what());
    }
  };
  const auto take_text_of_one = [&](std::string_view text) { take(parsed(text)); };
  EachReception<decltype(take_text_of_one)> reception{take_text_of_one, source, {}};
  const study_text_receiver receiver{sizeof(study_text_receiver), &reception, &reception.receive};
  const bool is_known = read(name, table.*member, query, receiver);
  if (reception.failure) std::rethrow_exception(reception.failure);
  return is_known;
}

bool LoadedObserver::read_attempts(const CheckpointQuery& query, const TakeAttempt& take) {
  return read_each("read_attempts", &study_observer_plugin::read_attempts, query, "an attempt",
                   &parse_attempt, take);
}

bool LoadedObserver::list_studies(const StudiesQuery& query, const TakeStudy& take) {
  return read_each("list_studies", &study_observer_plugin::list_studies,
                   {{}, query.study_name, query.results_dir}, "a study", &parse_stored_study, take);
}

}  // namespace study
