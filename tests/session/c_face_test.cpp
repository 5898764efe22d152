// What session.h does with what it is given, right and wrong. Nothing of C++ is linked to it.
#define BOOST_TEST_MODULE session_c
#include "support/temp_dir.hpp"

#include <study/session.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace {

study_string text(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

/// A status with its text.
struct Answer {
  std::int32_t status = STUDY_OK;
  std::string message{};
};

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  return out << answer.status << ": " << answer.message;
}

template <class Call>
Answer answer_to(const Call& call) {
  std::array<char, 4096> message{};
  study_error error{sizeof error, message.data(), message.size(), 0};
  const std::int32_t status = call(&error);
  return {status, status == STUDY_OK ? "" : std::string(message.data(), error.size)};
}

bool is(const Answer& answer, std::int32_t status, std::string_view part) {
  return answer.status == status && answer.message.find(part) != std::string::npos;
}

constexpr std::string_view kThree =
    R"([{"config": {"x": 0}}, {"config": {"x": 1}}, {"config": {"x": 2}}])";

struct Fixture {
  [[nodiscard]] std::string options(const std::string& more = "") const {
    return R"({"study_name": "sweep", "results_dir": ")" + results() + R"(", "plugin_path": [")" +
           STUDY_OBSERVER_DIR + "\"]" + more + "}";
  }
  [[nodiscard]] std::string results() const { return (dir / "results").string(); }
  Answer open(const std::string& given, std::string_view experiments = kThree) {
    return answer_to([&](study_error* error) {
      return study_session_open(text(given), text(experiments), &session, error);
    });
  }
  void must_open(const std::string& given) {
    const Answer answer = open(given);
    BOOST_REQUIRE_MESSAGE(answer.status == STUDY_OK, answer);
  }
  [[nodiscard]] Answer mark(std::uint64_t run, std::int32_t state) const {
    return answer_to(
        [&](study_error* error) { return study_session_mark(session, run, state, 0, error); });
  }
  [[nodiscard]] Answer end() const {
    return answer_to([&](study_error* error) { return study_session_end(session, -1, 0, error); });
  }
  [[nodiscard]] Answer read(const std::string& given, const std::string& directory) {
    study_string manifest{};
    const Answer answer = answer_to([&](study_error* error) {
      return study_session_read(text(given), text(directory), &manifest, error);
    });
    take(manifest);
    return answer;
  }
  [[nodiscard]] Answer latest(const std::string& results_dir, std::string_view name) {
    study_string directory{};
    const Answer answer = answer_to([&](study_error* error) {
      return study_session_latest(text(results_dir), text(name), &directory, error);
    });
    take(directory);
    return answer;
  }
  /// Keeps a text and frees the library's.
  void take(const study_string& given) {
    given_back.assign(given.data == nullptr ? "" : given.data, given.size);
    study_session_free(const_cast<char*>(given.data));
  }
  std::string directory() {
    study_summary info{};
    info.struct_size = sizeof info;
    BOOST_REQUIRE(study_session_info(session, &info, nullptr) == STUDY_OK);
    const std::string found(info.directory.data, info.directory.size);
    study_session_free(info.memory);
    return found;
  }
  void write(const std::string& name, std::string_view content) const {
    std::ofstream(dir / name) << content;
  }

  ~Fixture() { study_session_close(session); }

  study_test::TempDir dir;
  study_session session = 0;
  std::string given_back;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(session_c, Fixture)

BOOST_AUTO_TEST_CASE(options_that_are_none_are_named) {
  BOOST_TEST(is(open("[]"), STUDY_BAD_OPTIONS, "must be an object"));
  BOOST_TEST(is(open("{"), STUDY_BAD_OPTIONS, "session options"));
  BOOST_TEST(is(open("{}"), STUDY_BAD_OPTIONS, "study_name is missing"));
  BOOST_TEST(is(open(options(R"(, "observer": [])")), STUDY_BAD_OPTIONS,
                "observer is unknown; did you mean 'observers'?"));
  BOOST_TEST(is(open(options(R"(, "resume": "newest")")), STUDY_BAD_OPTIONS,
                R"(resume must be one of "latest", "never", "directory")"));
  BOOST_TEST(
      is(open(options(R"(, "force": 1)")), STUDY_BAD_OPTIONS, "force must be true or false"));
  BOOST_TEST(is(open(options(R"(, "observers": [{"options": {}}])")), STUDY_BAD_OPTIONS,
                "plugin is missing"));
  BOOST_TEST(is(open(options(), R"([{"confg": {}}])"), STUDY_BAD_OPTIONS, "config"));
  BOOST_TEST(is(open("\xFF"), STUDY_BAD_OPTIONS, "options is not UTF-8"));
  BOOST_TEST(is(answer_to([&](study_error* error) {
                  return study_session_open({nullptr, 3}, {}, &session, error);
                }),
                STUDY_BAD_OPTIONS, "options has a size but no data"));
  BOOST_TEST(is(answer_to([&](study_error* error) {
                  return study_session_open(text("{}"), {}, nullptr, error);
                }),
                STUDY_BAD_OPTIONS, "session is NULL"));
  BOOST_TEST(!fs::exists(results()));
}

BOOST_AUTO_TEST_CASE(the_observers_come_from_a_hosts_config) {
  write("host.json", R"({// of study-host, too
    "results_dir": "elsewhere", "jobs": 4, "runners": {"pytorch": {"command": ["true"]}},
    "plugin_path": [")" STUDY_OBSERVER_DIR R"("], "observers": [{"plugin": "journal_writer"}]})");
  const std::string file = (dir / "host.json").string();
  must_open(R"({"study_name": "sweep", "host_config": ")" + file + "\"}");
  BOOST_TEST(fs::path(directory()).parent_path() == dir / "elsewhere");
  BOOST_TEST(fs::exists(fs::path(directory()) / "journal.jsonl"));
  BOOST_TEST(!fs::exists(fs::path(directory()) / "manifest.json"));
  study_session_close(session);
  // What the options say themselves counts.
  must_open(
      options(R"(, "observers": [{"plugin": "manifest_writer"}], "host_config": ")" + file + "\""));
  BOOST_TEST(fs::exists(fs::path(results()) / fs::path(directory()).filename() / "manifest.json"));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_a_hosts_config_is_told_with_its_line) {
  const std::string given =
      R"({"study_name": "sweep", "host_config": ")" + (dir / "host.json").string() + "\"}";
  BOOST_TEST(is(open(given), STUDY_BAD_OPTIONS, "host.json: there is no such file"));
  write("host.json", "{\n\"observer\": []}");
  BOOST_TEST(is(open(given), STUDY_BAD_OPTIONS,
                "host.json:2: unknown key 'observer'; did you mean 'observers'?"));
  write("host.json", "{\n\"observers\": [{\"plugin\": 1}]}");
  BOOST_TEST(is(open(given), STUDY_BAD_OPTIONS, "host.json:2: observers[0].plugin"));
  write("host.json", "{\"observers\": [\n{\"plugin\": \"journal_writr\"}]}");
  const Answer unknown = open(given);
  BOOST_TEST(is(unknown, STUDY_FAILED, "host.json:2"), unknown);
}

BOOST_AUTO_TEST_CASE(the_latest_study_of_a_name_is_found_and_read) {
  BOOST_TEST(is(latest(results(), "sweep"), STUDY_NOT_FOUND, ""));
  BOOST_TEST(is(latest(results(), "a/b"), STUDY_BAD_OPTIONS, "a/b"));
  must_open(options());
  const std::string study_dir = directory();
  BOOST_TEST(latest(results(), "sweep").status == STUDY_OK);
  BOOST_TEST(given_back == study_dir);
  // Of a study that is under way; its writer is not disturbed.
  BOOST_TEST(mark(1, STUDY_RUNNING).status == STUDY_OK);
  BOOST_TEST(read(options(), study_dir).status == STUDY_OK);
  BOOST_TEST(given_back.find("\"running\"") != std::string::npos);

  BOOST_TEST(is(read(options(), (dir / "nothing").string()), STUDY_NOT_FOUND, ""));
  BOOST_TEST(is(read(options(), dir.path().string()), STUDY_NOT_FOUND, ""));
  write("manifest.json", "{");
  BOOST_TEST(is(read(options(), dir.path().string()), STUDY_FAILED, "manifest.json"));
}

BOOST_AUTO_TEST_CASE(misuse_is_an_error_with_a_text) {
  BOOST_TEST(is(mark(0, STUDY_RUNNING), STUDY_FAILED, "there is no such session"));
  must_open(options());
  BOOST_TEST(is(mark(3, STUDY_RUNNING), STUDY_FAILED, "3"));
  BOOST_TEST(is(mark(0, 77), STUDY_BAD_OPTIONS, "state 77 is none"));
  study_run_event event{};
  event.state = STUDY_COMPLETED;
  const auto tell = [&](const study_run_event* told) {
    return answer_to([&](study_error* error) { return study_session_event(session, told, error); });
  };
  BOOST_TEST(is(tell(nullptr), STUDY_BAD_OPTIONS, "event is NULL"));
  BOOST_TEST(is(tell(&event), STUDY_BAD_OPTIONS, "struct_size is too small"));
  event.struct_size = sizeof event;
  event.attributes = text("[1]");
  BOOST_TEST(is(tell(&event), STUDY_BAD_OPTIONS, "attributes"), tell(&event));
  event.attributes = {};
  event.result = text("{\"loss\": NaN}");
  BOOST_TEST(is(tell(&event), STUDY_BAD_OPTIONS, "NaN"));
  BOOST_TEST(end().status == STUDY_OK);
  BOOST_TEST(end().status == STUDY_OK);  // once; then it does nothing
  BOOST_TEST(is(mark(0, STUDY_RUNNING), STUDY_FAILED, "has ended"));
  const study_session closed = session;
  study_session_close(closed);
  study_session_close(closed);
  BOOST_TEST(is(mark(0, STUDY_RUNNING), STUDY_FAILED, "there is no such session"));
}

BOOST_AUTO_TEST_CASE(a_forked_child_is_told_and_its_parent_goes_on) {
  must_open(options());
  const pid_t child = ::fork();
  if (child == 0) {
    const bool is_told = is(mark(0, STUDY_RUNNING), STUDY_FAILED, "forked from");
    study_session_close(session);
    ::_exit(is_told ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
  BOOST_TEST(mark(0, STUDY_RUNNING).status == STUDY_OK);
}

BOOST_AUTO_TEST_CASE(log_lines_are_fetched_each_once) {
  must_open(options());
  const std::string study_dir = directory();
  study_session_close(session);
  session = 0;
  must_open(options());
  study_log_line line{};
  line.struct_size = sizeof line;
  std::string all;
  while (study_session_next_log(session, &line, nullptr) == STUDY_OK) {
    all += std::string(line.text.data, line.text.size) + "\n";
    study_session_free(line.memory);
  }
  BOOST_TEST(directory() == study_dir);
  BOOST_TEST(study_session_next_log(session, &line, nullptr) == STUDY_NOT_FOUND);
}

BOOST_AUTO_TEST_SUITE_END()
