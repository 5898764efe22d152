/// An observer that remembers, exported from the test program itself, and a host in C that calls
/// it.
#pragma once

#include <study/export_observer.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

/// Exported in glue_study_test.cpp.
extern "C" const study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                                 uint32_t host_abi_minor);

namespace study_test {

/// Remembers what got through to it.
class Probe final : public study::StudyObserver {
 public:
  static inline std::vector<std::string> calls;
  static inline std::optional<study::StudyManifest> checkpoint;
  static inline std::vector<study::StudyAttempt> attempts;
  static inline std::vector<study::StoredStudy> studies;
  static inline study::StudiesQuery studies_query;
  static inline bool refuses = false;
  static inline bool store_is_away = false;

  Probe(study::PluginHost host, const boost::json::object& options) {
    calls.push_back("create");
    host.log(study::LogSeverity::info, std::string(host.name()) + "/" + std::string(host.version()),
             options.contains("channel") ? options.at("channel").as_string().c_str() : "");
    if (options.contains("channel") && options.at("channel") == "wrong") {
      throw study::InputError("no such channel");
    }
  }
  ~Probe() override { calls.push_back("destroy"); }

  void on_study_start(const study::StudyStart& event) override {
    calls.push_back("start " + event.config.study_name +
                    (event.resume_from == nullptr ? "" : " resumed"));
    if (refuses) throw std::runtime_error("refused");
    if (store_is_away) throw study::StoreAway("the server is away");
  }
  void on_experiment_state(const study::ExperimentEvent& event) override {
    calls.push_back("state " + std::string(event.config_hash) + " " +
                    std::string(event.error_message));
  }
  void on_study_end(const study::StudyEnd&) override { calls.push_back("end"); }
  std::optional<study::StudyManifest> read_checkpoint(const study::CheckpointQuery&) override {
    return checkpoint;
  }
  bool read_attempts(const study::CheckpointQuery&, const study::TakeAttempt& take) override {
    for (const study::StudyAttempt& attempt : attempts) take(attempt);
    if (refuses) throw study::CheckpointError(study::CheckpointError::Kind::corrupt, "torn");
    return !attempts.empty();
  }
  bool list_studies(const study::StudiesQuery& query, const study::TakeStudy& take) override {
    studies_query = query;
    for (const study::StoredStudy& study : studies) take(study);
    if (refuses) throw study::CheckpointError(study::CheckpointError::Kind::corrupt, "torn");
    return !studies.empty();
  }
};

inline study_string abi_text(std::string_view text) {
  return {text.data(), text.size()};
}

inline constexpr study_string kNoData{nullptr, 3};

inline std::vector<std::string> host_log;

inline void take_log(void*, std::int32_t severity, study_string channel, study_string text) {
  host_log.push_back(std::to_string(severity) + " " + std::string(channel.data, channel.size) +
                     " " + std::string(text.data, text.size));
}

inline study_host test_host() {
  return {sizeof(study_host), 1, 0, abi_text("host"), abi_text("9"), nullptr, &take_log};
}

/// A host in C: calls the table's functions and keeps status and message of the last call.
struct Caller {
  const study_observer_plugin* table = study_observer_plugin_v1(1, 0);
  study_host host = test_host();
  void* observer = nullptr;
  std::array<char, 512> buffer{};
  study_error error{sizeof(study_error), buffer.data(), buffer.size(), 0};

  Caller() { Probe::calls.clear(); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() { table->destroy(observer); }

  [[nodiscard]] std::string message() const { return {error.data, error.size}; }
  std::int32_t create(std::string_view options = "") {
    return table->create(&host, abi_text(options), &observer, &error);
  }
  std::int32_t start(const study_start_event& event) {
    return table->on_study_start(observer, &event, &error);
  }
  std::int32_t state(const study_experiment_event& event) {
    return table->on_experiment_state(observer, &event, &error);
  }
  std::int32_t end(const study_end_event& event) {
    return table->on_study_end(observer, &event, &error);
  }
};

inline constexpr std::string_view kConfig =
    R"({"study_name": "s", "framework_version": "1", "experiments": [{"config": {"model": "m"}}]})";

inline study_start_event start_event() {
  return {sizeof(study_start_event), 5, abi_text("/dir"), abi_text(kConfig), abi_text("")};
}

inline study_experiment_event experiment_event() {
  return {sizeof(study_experiment_event),
          STUDY_RUNNING,
          1,
          6,
          abi_text("abc"),
          abi_text(""),
          abi_text(""),
          abi_text("")};
}

inline study_end_event end_event() {
  return {sizeof(study_end_event), STUDY_OUTCOME_COMPLETED, 7};
}

/// A caller whose observer is made, and started if wanted.
struct Ready : Caller {
  explicit Ready(bool started = false) {
    BOOST_REQUIRE(create() == STUDY_OK);
    if (started) BOOST_REQUIRE(start(start_event()) == STUDY_OK);
    Probe::calls.clear();
  }
  /// The call was refused with a message, and the observer saw nothing of it.
  void check_refused(std::int32_t status, std::string_view part) {
    BOOST_TEST(status == STUDY_BAD_EVENT);
    BOOST_CHECK_MESSAGE(message().find(part) != std::string::npos,
                        "\"" << message() << "\" does not contain \"" << part << "\"");
    BOOST_TEST(Probe::calls.empty());
    error.size = 0;
  }
};

}  // namespace study_test
