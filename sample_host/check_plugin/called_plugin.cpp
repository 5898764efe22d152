#include "check_plugin/called_plugin.hpp"

#include "base/format.hpp"
#include "boundary/abi_text.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <exception>
#include <thread>
#include <utility>

namespace host {
namespace {

study_string view(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view view(study_string text) {
  return {text.data, text.size};
}

/// Where a checkpoint's text arrives. Nothing may be thrown into the plugin.
struct Reception {
  std::string text;
  int times = 0;
  bool has_data = true;

  static void receive(void* context, study_string text) noexcept {
    auto& reception = *static_cast<Reception*>(context);
    ++reception.times;
    reception.has_data = reception.has_data && (text.data != nullptr || text.size == 0);
    if (text.data != nullptr) reception.text.assign(text.data, text.size);
  }
};

study::StudyManifest parse_received(const Reception& reception) {
  const std::string function = "read_checkpoint returned STUDY_OK but handed over ";
  if (reception.times == 0) throw CaseFailed(function + "nothing");
  if (reception.times > 1) throw CaseFailed(function + "more than one text");
  if (!reception.has_data) throw CaseFailed(function + "a text with a size but without data");
  try {
    return study::parse_manifest(reception.text, "its checkpoint");
  } catch (const study::CheckpointError& error) {
    throw CaseFailed(function + "no manifest of schema 2.0: " + error.what());
  }
}

void add_text(void* context, study_string text) noexcept {
  // One without data fails to be parsed.
  static_cast<std::vector<std::string>*>(context)->emplace_back(
      text.data == nullptr ? "" : std::string(text.data, text.size));
}

/// What `parse` makes of each. Throws `CaseFailed` that names `function` for one that is no `what`.
template <class Parse>
auto parse_each(const std::vector<std::string>& texts, const std::string& function,
                const std::string& what, const Parse& parse) {
  std::vector<decltype(parse("", ""))> parsed;
  parsed.reserve(texts.size());
  for (const std::string& text : texts) {
    try {
      parsed.push_back(parse(text, (what == "attempt" ? "an " : "a ") + what));
    } catch (const study::InputError& error) {
      throw CaseFailed(
          study::format("{} handed over what is no {}: {}", function, what, error.what()));
    }
  }
  return parsed;
}

/// A name such as `STUDY_FAILED`, or the number.
std::string status_name(std::int32_t status) {
  static constexpr const char* kNames[] = {"STUDY_OK",
                                           "STUDY_FAILED",
                                           "STUDY_BAD_OPTIONS",
                                           "STUDY_NO_CHECKPOINT",
                                           "STUDY_CHECKPOINT_CORRUPT",
                                           "STUDY_CHECKPOINT_NEWER_VERSION",
                                           "STUDY_BAD_EVENT",
                                           "STUDY_IGNORED",
                                           "STUDY_STORE_AWAY"};
  static_assert(std::size(kNames) == STUDY_STORE_AWAY + 1);
  const bool is_known = status >= STUDY_OK && status <= STUDY_STORE_AWAY;
  return is_known ? kNames[status] : std::to_string(status);
}

}  // namespace

std::string Answer::text() const {
  if (ok()) return function + " succeeded";
  return study::format("{} failed with {}{}{}", function, status_name(status),
                       message.empty() ? "" : ": ", message);
}

void Answer::expect_ok(std::string_view what) const {
  if (ok()) return;
  throw CaseFailed((what.empty() ? "" : std::string(what) + ": ") + text());
}

PluginObserver::PluginObserver(const CaseContext& context, CallStyle style)
    : context_(context),
      table_(*context.plugin.table_for(STUDY_ABI_MAJOR, style.host_minor)),
      style_(std::move(style)),
      host_(style_.tail, style_.host_minor),
      memory_(style_.lending) {}

PluginObserver::~PluginObserver() {
  try {
    destroy();
  } catch (const CaseFailed&) {  // another failure is on its way
  }
}

void PluginObserver::run(const std::function<void()>& body) const {
  if (!style_.other_threads) return body();
  std::thread(body).join();
}

Answer PluginObserver::call(const std::string& function,
                            const std::function<std::int32_t(study_error*)>& body) {
  context_.step(function);
  Answer answer{function, STUDY_OK, {}, {}};
  MessageBuffer buffer(style_.message_capacity);
  std::string escaped;
  run([&] {
    try {
      const auto begin = std::chrono::steady_clock::now();
      answer.status = body(buffer.get());
      answer.duration = std::chrono::steady_clock::now() - begin;
    } catch (const std::exception& exception) {
      escaped = std::string("an exception: ") + exception.what();
    } catch (...) {
      escaped = "something that is no std::exception";
    }
  });
  memory_.take_back();
  if (!escaped.empty()) throw CaseFailed(function + " lets out " + escaped);
  if (answer.status < STUDY_OK || answer.status > STUDY_STORE_AWAY) {
    throw CaseFailed(
        study::format("{} returned the status {}, which doesn't exist", function, answer.status));
  }
  if (answer.status == STUDY_STORE_AWAY && function != "on_study_start") {
    throw CaseFailed(function + " returned STUDY_STORE_AWAY, which is for on_study_start alone");
  }
  answer.message = buffer.take(function);
  const bool needs_message = answer.status != STUDY_OK && answer.status != STUDY_NO_CHECKPOINT;
  // A buffer of a few bytes may be too small for the first character.
  if (needs_message && answer.message.empty() && style_.message_capacity >= 4) {
    throw CaseFailed(answer.text() + " without a message");
  }
  context_.step("");
  return answer;
}

Answer PluginObserver::create(std::string_view options) {
  const study_string lent = memory_.lend(options);
  Answer answer = call("create", [&](study_error* error) {
    return table_.create(host_.get(), lent, &handle_, error);
  });
  if (answer.ok() && handle_ == nullptr) {
    throw CaseFailed("create returned STUDY_OK but no observer");
  }
  if (!answer.ok()) handle_ = nullptr;
  return answer;
}

void PluginObserver::create() {
  create(context_.options).expect_ok();
}

Answer PluginObserver::start(const study::StudyConfig& config,
                             const std::filesystem::path& study_dir, study::Timestamp time,
                             const study::StudyManifest* resume_from) {
  const std::string config_text = study::to_json(config);
  const std::string resume_text =
      resume_from == nullptr ? std::string() : study::render_manifest(*resume_from);
  return start(study_start_event{sizeof(study_start_event), time.time_since_epoch().count(),
                                 view(study_dir.native()), view(config_text), view(resume_text)});
}

Answer PluginObserver::start(const study_start_event& event) {
  study_start_event lent = event;
  lent.study_dir = memory_.lend(view(event.study_dir));
  lent.study_config = memory_.lend(view(event.study_config));
  lent.resume_from = memory_.lend(view(event.resume_from));
  const auto* pointer = memory_.lend_struct(lent, style_.tail);
  return call("on_study_start",
              [&](study_error* error) { return table_.on_study_start(handle_, pointer, error); });
}

Answer PluginObserver::experiment(const study::ExperimentEvent& event) {
  return experiment(study_experiment_event{
      sizeof(study_experiment_event), static_cast<std::int32_t>(event.state), event.cycle,
      event.time.time_since_epoch().count(), view(event.config_hash), view(event.result_file),
      view(event.error_type), view(event.error_message), view(event.attributes)});
}

Answer PluginObserver::experiment(const study_experiment_event& event) {
  study_experiment_event lent = event;
  lent.config_hash = memory_.lend(view(event.config_hash));
  lent.result_file = memory_.lend(view(event.result_file));
  lent.error_type = memory_.lend(view(event.error_type));
  lent.error_message = memory_.lend(view(event.error_message));
  lent.attributes = memory_.lend(view(event.attributes));
  const auto* pointer = memory_.lend_struct(lent, style_.tail);
  return call("on_experiment_state", [&](study_error* error) {
    return table_.on_experiment_state(handle_, pointer, error);
  });
}

Answer PluginObserver::add(std::string_view experiments, study::Timestamp time) {
  study_experiments_event event{};
  event.struct_size = sizeof event;
  event.time_us = time.time_since_epoch().count();
  event.experiments = memory_.lend(experiments);
  const auto* pointer = memory_.lend_struct(event, style_.tail);
  return call("on_experiments_added", [&](study_error* error) {
    return table_.on_experiments_added(handle_, pointer, error);
  });
}

Answer PluginObserver::end(study::StudyOutcome outcome, study::Timestamp time) {
  return end(study_end_event{sizeof(study_end_event), static_cast<std::int32_t>(outcome),
                             time.time_since_epoch().count()});
}

Answer PluginObserver::end(const study_end_event& event) {
  const auto* pointer = memory_.lend_struct(event, style_.tail);
  return call("on_study_end",
              [&](study_error* error) { return table_.on_study_end(handle_, pointer, error); });
}

std::optional<study::StudyManifest> PluginObserver::read(const study::CheckpointQuery& query) {
  if (table_.read_checkpoint == nullptr) throw CaseSkipped("it keeps no checkpoint");
  study_checkpoint_query asked{
      sizeof(study_checkpoint_query), memory_.lend(query.study_dir.native()),
      memory_.lend(query.study_name), memory_.lend(query.results_dir.native())};
  Reception reception;
  const study_text_receiver taker{sizeof(study_text_receiver), &reception, &Reception::receive};
  const auto* lent_query = memory_.lend_struct(asked, style_.tail);
  const auto* lent_taker = memory_.lend_struct(taker, style_.tail);
  const Answer answer = call("read_checkpoint", [&](study_error* error) {
    return table_.read_checkpoint(handle_, lent_query, lent_taker, error);
  });
  if (answer.status == STUDY_NO_CHECKPOINT) {
    if (reception.times == 0) return std::nullopt;
    throw CaseFailed("read_checkpoint handed a text over and returned STUDY_NO_CHECKPOINT");
  }
  answer.expect_ok();
  return parse_received(reception);
}

template <class Function>
std::optional<std::vector<std::string>> PluginObserver::read_each(
    const std::string& name, Function function, const study::CheckpointQuery& query) {
  study_checkpoint_query asked{
      sizeof(study_checkpoint_query), memory_.lend(query.study_dir.native()),
      memory_.lend(query.study_name), memory_.lend(query.results_dir.native())};
  std::vector<std::string> texts;
  const study_text_receiver taker{sizeof(study_text_receiver), &texts, &add_text};
  const auto* lent_query = memory_.lend_struct(asked, style_.tail);
  const auto* lent_taker = memory_.lend_struct(taker, style_.tail);
  const Answer answer = call(
      name, [&](study_error* error) { return function(handle_, lent_query, lent_taker, error); });
  if (answer.status != STUDY_NO_CHECKPOINT) {
    answer.expect_ok();
    return texts;
  }
  if (texts.empty()) return std::nullopt;
  throw CaseFailed(name + " handed a text over and returned STUDY_NO_CHECKPOINT");
}

std::optional<std::vector<study::StudyAttempt>> PluginObserver::read_attempts(
    const study::CheckpointQuery& query) {
  if (!study::covers(table_, &study_observer_plugin::read_attempts) ||
      table_.read_attempts == nullptr) {
    throw CaseSkipped("it keeps no history of attempts");
  }
  const auto texts = read_each("read_attempts", table_.read_attempts, query);
  if (!texts) return std::nullopt;
  return parse_each(*texts, "read_attempts", "attempt", &study::parse_attempt);
}

std::vector<study::StoredStudy> PluginObserver::list_studies(const study::StudiesQuery& query) {
  if (!study::covers(table_, &study_observer_plugin::list_studies) ||
      table_.list_studies == nullptr) {
    throw CaseSkipped("it keeps no list of studies");
  }
  const auto texts =
      read_each("list_studies", table_.list_studies, {{}, query.study_name, query.results_dir});
  return parse_each(texts.value_or(std::vector<std::string>()), "list_studies", "study",
                    &study::parse_stored_study);
}

void PluginObserver::destroy() {
  if (handle_ == nullptr) return;
  void* const handle = std::exchange(handle_, nullptr);
  static_cast<void>(call("destroy", [&](study_error*) {
    table_.destroy(handle);
    return STUDY_OK;
  }));
  host_.close();
}

}  // namespace host
