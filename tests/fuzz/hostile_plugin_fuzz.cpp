// A plugin that says anything: the host gets values or `study::Error`s, and reads nothing that
// isn't there.
#include "boundary/loaded_observer.hpp"
#include "fuzz/fuzz.hpp"
#include "support/sample_study.hpp"

#include <study/error.hpp>
#include <study/options_schema.hpp>

#include <deque>
#include <memory>
#include <vector>

using namespace study;

namespace {

/// What the plugin answers, call by call, and its texts, which live as long as itself.
struct Script {
  explicit Script(std::string_view input) : bytes(input) {}

  [[nodiscard]] study_string text() {
    const std::string value = bytes.text();
    if (value == "NULL") return {nullptr, 3};
    // Each in memory of its own, so that a sanitizer sees where it ends.
    const std::vector<char>& kept = texts.emplace_back(value.begin(), value.end());
    return {kept.data(), kept.size()};
  }
  std::int32_t fail(study_error* error) {
    const std::string message = bytes.text();
    const std::size_t size = std::min(message.size(), error->capacity);
    std::memcpy(error->data, message.data(), size);
    error->size = bytes.take<std::uint8_t>() < 200 ? size : bytes.take<std::size_t>();
    return bytes.take<std::int8_t>() % 10;
  }
  void log() {
    if (bytes.take<std::uint8_t>() % 2 != 0)
      host->log(host->context, bytes.take<std::int32_t>(), text(), text());
  }

  study_fuzz::Bytes bytes;
  std::deque<std::vector<char>> texts;
  const study_host* host = nullptr;
};

Script* script = nullptr;

template <class Event>
std::int32_t answer(void*, const Event*, study_error* error) {
  script->log();
  return script->fail(error);
}

std::int32_t create(const study_host* host, study_string, void** observer, study_error* error) {
  script->host = host;
  script->log();
  static int handle = 0;
  *observer = script->bytes.take<std::uint8_t>() < 250 ? &handle : nullptr;
  return script->fail(error);
}

template <int kMostTimes>
std::int32_t hand_over(void*, const study_checkpoint_query*, const study_text_receiver* receiver,
                       study_error* error) {
  for (int times = script->bytes.take<std::uint8_t>() % (kMostTimes + 1); times > 0; --times) {
    receiver->receive(receiver->context, script->text());
  }
  return script->fail(error);
}

template <class Call>
void attempt(const Call& call) {
  try {
    call();
  } catch (const Error&) {
  }
}

void use(LoadedObserver& observer) {
  const StudyConfig config = study_test::sample_study(2);
  attempt([&] {
    const auto found = observer.read_checkpoint({"/x", "", "/"});
    if (found) static_cast<void>(render_manifest(*found));
  });
  attempt([&] {
    static_cast<void>(observer.read_attempts({"/x", "", "/"}, [](const StudyAttempt& given) {
      std::string text;
      append_attempt(text, given);
      study_fuzz::expect(parse_attempt(text, "it") == given, "an attempt is what its text says");
    }));
  });
  attempt([&] { observer.on_study_start({config, "/x", study_test::at(0), nullptr}); });
  attempt([&] { observer.on_experiment_state({.config_hash = "h", .cycle = 1}); });
  attempt([&] { observer.on_experiments_added({config.experiments, study_test::at(1), ""}); });
  attempt([&] { observer.on_study_end({StudyOutcome::completed, study_test::at(2)}); });
  // Last, so that the inputs of the corpus go on meaning what they meant.
  attempt([&] {
    static_cast<void>(observer.list_studies({"", "/"}, [](const StoredStudy& given) {
      std::string text;
      append_stored_study(text, given);
      std::string again;
      append_stored_study(again, parse_stored_study(text, "it"));
      study_fuzz::expect(again == text, "a study is what its text says");
    }));
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script present(study_fuzz::text_of(data, size));
  script = &present;
  study_observer_plugin table{STUDY_OBSERVER_MAGIC,
                              sizeof table,
                              1,
                              2,
                              {},
                              {},
                              {},
                              {},
                              &create,
                              &answer<study_start_event>,
                              &answer<study_experiment_event>,
                              &answer<study_end_event>,
                              &hand_over<2>,
                              [](void*) {},
                              &answer<study_experiments_event>,
                              &hand_over<20>,
                              &hand_over<20>};
  const std::string schema = present.bytes.text();
  attempt([&] { check_options("it", schema, {{"a", 1}, {"b", "x"}}); });
  attempt([&] { static_cast<void>(describe_options(schema)); });
  const auto plugin = std::make_shared<LoadedPlugin>(
      LoadedPlugin{"/it.so", &table, present.bytes.text(), "1", "", schema});
  attempt([&] {
    LoadedObserver observer(
        plugin, {"fuzzer", "1", [](LogSeverity, std::string_view, std::string_view) {}}, "{}");
    use(observer);
  });
  return 0;
}
