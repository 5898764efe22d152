// Looking at a study from outside: on terminals and without one, once and until it is over.

#include "status/study_reader.hpp"
#include "support/screen.hpp"
#include "support/study_folder.hpp"

#include <study/atomic_file.hpp>
#include <study/manifest.hpp>
#include <study/study_lock.hpp>

#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;
using study::ExperimentState;
using study::StudyStatus;

namespace {

const study::Timestamp kStart = *study::parse_timestamp("2026-02-27T16:30:00Z");

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A study directory whose manifest and lock are in the test's hands.
class WatchedStudy {
 public:
  /// `count` pending experiments, written by this process.
  explicit WatchedStudy(int count) {
    manifest_.head = {.study_name = "compression", .started_at = kStart};
    for (int i = 0; i < count; ++i) {
      manifest_.experiments.push_back(
          {.config_hash = "0123456789abcdef", .config_summary = "n=" + std::to_string(i)});
    }
    lock_.emplace(study::StudyLock::acquire(path()));
    publish();
  }

  void set(std::size_t index, ExperimentState state) {
    manifest_.experiments[index].status = state;
    publish();
  }

  void set_name(std::size_t index, std::string name) {
    manifest_.experiments[index].config_summary = std::move(name);
  }

  void end(StudyStatus status, study::Timestamp time = study::now()) {
    manifest_.head.status = status;
    manifest_.head.completed_at = time;
    publish();
  }

  void resume() {
    manifest_.head.status = StudyStatus::running;
    manifest_.head.completed_at.reset();
    publish();
  }

  void writer_dies() { lock_.reset(); }

  [[nodiscard]] const std::filesystem::path& path() const { return dir_.path(); }

  [[nodiscard]] std::vector<std::string> command(const std::string& option = {}) const {
    std::vector<std::string> words{kStudyHost, "status", path().string()};
    if (!option.empty()) words.push_back(option);
    return words;
  }

 private:
  void publish() const {
    study::replace_file(path() / study::kManifestFileName, study::render_manifest(manifest_));
  }

  TempDir dir_;
  study::StudyManifest manifest_;
  std::optional<study::StudyLock> lock_;
};

/// `2026-…Z compression: STATE`, without the time.
std::vector<std::string> without_times(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    BOOST_TEST(study::parse_timestamp(line.substr(0, 20)).has_value(), line);
    lines.push_back(line.substr(std::min<std::size_t>(21, line.size())));
  }
  return lines;
}

/// By read(2) and its like: it grows with every look at the lock file.
std::size_t bytes_read(const Program& program) {
  std::ifstream io("/proc/" + std::to_string(program.pid()) + "/io");
  std::string rchar;
  std::size_t bytes = 0;
  io >> rchar >> bytes;
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(status_watch)

BOOST_AUTO_TEST_CASE(a_manifest_is_read_again_only_if_it_may_have_changed) {
  WatchedStudy study(2);
  const auto path = study.path() / study::kManifestFileName;
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  host::ManifestReader reader(study.path());
  const auto name = [&] { return reader.read().manifest.head.study_name; };
  const auto overwrite = [&](std::string from, const std::string& to) {
    std::string text = study::read_file(path);
    text.replace(text.find(from), from.size(), to);
    std::fstream(path) << text;  // in place: the same inode and size
  };
  std::filesystem::last_write_time(path, old);
  BOOST_TEST(name() == "compression");
  overwrite("compression", "c_mpression");
  std::filesystem::last_write_time(path, old);
  BOOST_TEST(name() == "compression");  // nothing tells that it has changed
  overwrite("c_mpression", "c__pression");
  BOOST_TEST(name() == "c__pression");
  const auto young = std::filesystem::last_write_time(path);
  overwrite("c__pression", "c___ression");
  std::filesystem::last_write_time(path, young);
  BOOST_TEST(name() == "c___ression");  // too young to be trusted
  std::filesystem::last_write_time(path, old);
  BOOST_TEST(name() == "c___ression");
  overwrite("c___ression", "c____ession");
  std::filesystem::last_write_time(path, old);
  study.writer_dies();
  BOOST_TEST(name() == "c____ession");  // before somebody is called dead
}

BOOST_AUTO_TEST_CASE(a_directory_without_a_manifest_tells_whether_somebody_writes_there) {
  WatchedStudy study(1);
  std::filesystem::remove(study.path() / study::kManifestFileName);
  const ProgramResult result = run_program(study.command());
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err,
                      "no manifest.json there; its study has not begun, or other observers keep "
                      "its checkpoint: --config names them"),
             result.err);
}

BOOST_AUTO_TEST_CASE(
    the_text_fits_a_terminal_of_80_and_of_200_columns_and_100_where_there_is_none) {
  WatchedStudy study(1);
  study.set_name(0, std::string(300, 'x'));
  study.set(0, ExperimentState::running);
  const auto row = [](std::size_t columns) {  // the table's, cut at the width
    return std::string(" ") + std::string(columns - 37 - 1, 'x') + "…\n";
  };
  for (const std::size_t columns : {80U, 200U}) {
    TerminalProgram program(study.command(), columns, 24);
    BOOST_TEST(program.wait() == 0);
    BOOST_TEST(contains(program.screen(), row(columns)));
  }
  const ProgramResult result = run_program(study.command());
  BOOST_TEST(contains(result.out, row(100)));
  BOOST_TEST(!contains(result.out, "\x1b"));
  BOOST_TEST(!contains(result.out, "\r"));
}

BOOST_AUTO_TEST_CASE(on_a_terminal_the_text_is_redrawn_in_place_until_the_study_ends) {
  WatchedStudy study(3);
  TerminalProgram program(study.command("--watch"), 80, 24);
  const auto shows = [&](const std::string& part) {
    wait_until(part, [&] { return contains(program.screen(), part); });
  };
  shows("0 completed, 0 failed, 3 pending of 3");
  study.set(0, ExperimentState::running);
  shows("3 pending (1 running) of 3");
  shows("n=0\n|");
  study.set(0, ExperimentState::failed);
  shows("0 completed, 1 failed");
  study.set(1, ExperimentState::completed);
  study.set(0, ExperimentState::completed);
  study.set(2, ExperimentState::completed);
  study.end(StudyStatus::completed);
  shows("compression: completed; pid " + std::to_string(::getpid()));
  study.writer_dies();
  BOOST_TEST(program.wait() == 0);
  const std::string bar = "  [" + std::string(71, '#') + "] 100%\n";
  const std::string screen = program.screen();
  BOOST_TEST(screen.starts_with("compression: completed\n\n" + bar +
                                "  3 completed, 0 failed, 0 pending of 3\n"
                                "  started 2026-02-27T16:30:00Z, ended "),
             screen);
  BOOST_TEST(std::count(screen.begin(), screen.end(), '\n') == 6, screen);
  BOOST_TEST(screen.ends_with("\n|\n"), screen);
}

BOOST_AUTO_TEST_CASE(a_low_terminal_shows_the_first_lines_and_all_of_them_at_the_end) {
  WatchedStudy study(8);
  for (std::size_t i = 0; i < 8; ++i) study.set(i, ExperimentState::running);
  TerminalProgram program(study.command("--watch"), 80, 10);
  wait_until("the frame", [&] { return contains(program.screen(), "too low for the rest)\n|\n"); });
  const std::string shown = program.screen();
  BOOST_TEST(std::count(shown.begin(), shown.end(), '\n') == 10);
  study.writer_dies();
  BOOST_TEST(program.wait() == 0);
  const std::string last = program.screen();
  BOOST_TEST(last.starts_with("compression: interrupted without notice, 8 were running"), last);
  BOOST_TEST(last.ends_with("  n=7\n|\n"), last);
  BOOST_TEST(!contains(last, "too low"), last);
}

BOOST_AUTO_TEST_CASE(ctrl_c_ends_the_watching_with_130_and_leaves_the_terminal_clean) {
  WatchedStudy study(1);
  TerminalProgram program(study.command("--watch"), 80, 24);
  wait_until("the frame", [&] { return contains(program.screen(), " ago\n|\n"); });
  program.type('\x03');
  BOOST_TEST(program.wait() == 130);
  const std::string screen = program.screen();
  BOOST_TEST(screen.ends_with(" ago\n|\n"), screen);
}

BOOST_AUTO_TEST_CASE(sigterm_ends_the_watching_with_143) {
  WatchedStudy study(1);
  Program program(study.command("--watch"));
  wait_until("a line", [&] { return contains(program.out(), "\n"); });
  program.send(SIGTERM);
  BOOST_TEST(program.wait().exit_code == 143);
}

BOOST_AUTO_TEST_CASE(without_a_terminal_a_line_is_printed_when_something_has_changed) {
  WatchedStudy study(2);
  Program program(study.command("--watch"));
  const auto prints = [&](const std::string& part) {
    wait_until(part, [&] { return contains(program.out(), part); });
  };
  prints("2 pending of 2");
  study.set(0, ExperimentState::running);
  prints("(1 running) of 2");
  study.set(0, ExperimentState::completed);
  prints("1 completed");
  wait_until("two more looks", [&, before = bytes_read(program)] {
    return bytes_read(program) > before + 2 * study::read_file(study.path() / ".study.lock").size();
  });
  study.end(StudyStatus::interrupted);
  prints("interrupted; pid ");
  study.writer_dies();
  const ProgramResult result = program.wait();
  BOOST_TEST(result.exit_code == 0);
  const std::string pid = "pid " + std::to_string(::getpid()) + " on ";
  const std::vector<std::string> lines = without_times(result.out);
  BOOST_REQUIRE(lines.size() == 5U);
  BOOST_TEST(
      lines[0].starts_with("compression: 0 completed, 0 failed, 2 pending of 2, running, " + pid));
  BOOST_TEST(lines[1].starts_with(
      "compression: 0 completed, 0 failed, 2 pending (1 running) of 2, running, " + pid));
  BOOST_TEST(lines[2].starts_with("compression: 1 completed, 0 failed, 1 pending of 2, running, "));
  BOOST_TEST(lines[3].starts_with(
      "compression: 1 completed, 0 failed, 1 pending of 2, interrupted; " + pid));
  BOOST_TEST(lines[4].starts_with(
      "compression: 1 completed, 0 failed, 1 pending of 2, interrupted; resume with: "));
  BOOST_TEST(!contains(result.out, "\x1b"));
}

BOOST_AUTO_TEST_CASE(a_writer_that_does_not_leave_is_not_waited_for_without_end) {
  WatchedStudy study(1);
  study.end(StudyStatus::completed);
  host::ManifestReader reader(study.path());
  BOOST_TEST(host::watch_study(reader, std::chrono::milliseconds(0)) == 0);
  // It was waited for at least so long.
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(host::watch_study(reader, std::chrono::milliseconds(120)) == 0);
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(120)));
}

BOOST_AUTO_TEST_CASE(a_study_that_is_about_to_be_resumed_is_watched_on) {
  WatchedStudy study(2);
  study.end(StudyStatus::interrupted, kStart);  // long before this process's lock
  Program program(study.command("--watch"));
  const auto prints = [&](const std::string& part) {
    wait_until(part, [&] { return contains(program.out(), part); });
  };
  prints("interrupted, being resumed by pid " + std::to_string(::getpid()) + " on ");
  study.resume();
  prints(" of 2, running, pid ");
  study.end(StudyStatus::completed);
  study.writer_dies();
  BOOST_TEST(program.wait().exit_code == 0);
}

BOOST_AUTO_TEST_CASE(a_narrow_terminal_shows_each_line_once_however_often_it_is_redrawn) {
  for (const std::size_t columns : {12U, 20U, 25U, 32U, 39U}) {
    WatchedStudy study(3);
    study.set_name(0, std::string(100, 'x'));
    TerminalProgram program(study.command("--watch"), columns, 24);
    const auto shows = [&](const std::string& part) {
      wait_until(part, [&] { return contains(program.screen(), part); });
    };
    shows("  0 com");
    study.set(1, ExperimentState::completed);
    shows("  1 com");
    study.set(0, ExperimentState::running);
    shows("running\n");
    study.set(2, ExperimentState::completed);
    shows("  2 com");
    const std::string screen = program.screen();
    BOOST_TEST(std::count(screen.begin(), screen.end(), '\n') == 11, screen);
    BOOST_TEST(screen.find("compress") == screen.rfind("compress"), screen);
    BOOST_TEST(screen.find(" com") == screen.rfind(" com"), screen);
    study.writer_dies();
    BOOST_TEST(program.wait() == 0);
    const std::string last = program.screen();
    BOOST_TEST(last.find("compress") == last.rfind("compress"), last);
    BOOST_TEST(last.find("started") == last.rfind("started"), last);
  }
}

BOOST_AUTO_TEST_CASE(watching_ends_when_the_writer_is_gone) {
  WatchedStudy study(2);
  study.set(0, ExperimentState::running);
  Program program(study.command("--watch"));
  wait_until("a line", [&] { return contains(program.out(), "\n"); });
  study.writer_dies();
  const ProgramResult result = program.wait();
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(without_times(result.out).back() ==
             "compression: 0 completed, 0 failed, 2 pending of 2, interrupted without notice, 1 "
             "was running; resume with: study-host run --resume " +
                 study.path().string());
}

BOOST_AUTO_TEST_CASE(a_study_under_study_host_is_watched_to_its_end) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.write("go", "");
  folder.study("while [ -e '" + (folder / "go").string() + "' ]; do sleep 0.01; done; echo '{}'",
               {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}});
  Program host(folder.command());
  wait_until("the study directory", [&] { return contains(host.out(), "\n"); });
  Program watch({kStudyHost, "status", "--watch", last_line(host.out())});
  wait_until("a running experiment", [&] { return contains(watch.out(), "(1 running) of 3"); });
  std::filesystem::remove(folder / "go");
  const ProgramResult watched = watch.wait();
  BOOST_TEST(watched.exit_code == 0, watched.err);
  BOOST_TEST(contains(without_times(watched.out).back(), " of 3, completed"), watched.out);
  BOOST_TEST(host.wait().exit_code == 0);
}

BOOST_AUTO_TEST_CASE(looking_changes_nothing_in_the_study_directory) {
  WatchedStudy study(2);
  const auto snapshot = [&] {
    std::map<std::string, std::pair<std::filesystem::file_time_type, std::string>> files;
    for (const auto& entry : std::filesystem::directory_iterator(study.path())) {
      files[entry.path().filename()] = {entry.last_write_time(), read_text(entry.path())};
    }
    return files;
  };
  const auto before = snapshot();
  for (const char* option : {"", "--json"}) {
    BOOST_TEST(run_program(study.command(option)).exit_code == 0);
  }
  study.writer_dies();
  BOOST_TEST(run_program(study.command("--watch")).exit_code == 0);
  BOOST_TEST((snapshot() == before));
}

BOOST_AUTO_TEST_CASE(watching_and_json_do_not_go_together) {
  WatchedStudy study(1);
  auto command = study.command("--watch");
  command.push_back("--json");
  BOOST_TEST(run_program(command).exit_code == 2);
}

BOOST_AUTO_TEST_SUITE_END()
