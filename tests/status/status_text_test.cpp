// What is told of a study, from given values: no files, no clock, no terminal.
#include "run/estimate.hpp"
#include "status/study_status.hpp"
#include "terminal/terminal.hpp"

#include <study/timestamp.hpp>

#include <optional>
#include <string>
#include <utility>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace host;
using std::chrono::milliseconds;
using std::chrono::seconds;
using study::ExperimentState;
using study::ManifestEntry;
using study::StudyManifest;
using study::StudyStatus;
using study::WriterState;
using study::WriterStatus;

namespace {

const study::Timestamp kStart = *study::parse_timestamp("2026-02-27T16:30:00Z");
const study::Writer kWriter{.pid = 4242, .host = "lab-7", .started_at = kStart + milliseconds(700)};
const WriterStatus kAlive{WriterState::alive, kWriter};
const WriterStatus kGone{WriterState::gone, kWriter};

ManifestEntry entry(std::string summary, ExperimentState status) {
  ManifestEntry entry{.config_hash = "0123456789abcdef", .config_summary = std::move(summary)};
  entry.status = status;
  return entry;
}

ManifestEntry completed(std::string summary, milliseconds duration) {
  ManifestEntry made = entry(std::move(summary), ExperimentState::completed);
  made.started_at = kStart;
  made.completed_at = kStart + duration;
  return made;
}

ManifestEntry failed(std::string summary, std::string type, std::string message) {
  ManifestEntry made = entry(std::move(summary), ExperimentState::failed);
  made.error_type = std::move(type);
  made.error_message = std::move(message);
  return made;
}

ManifestEntry running(std::string summary, milliseconds since) {
  ManifestEntry made = entry(std::move(summary), ExperimentState::running);
  made.started_at = kStart + since;
  return made;
}

StudyManifest manifest(std::vector<ManifestEntry> entries) {
  StudyManifest made;
  made.head = {.study_name = "compression", .started_at = kStart};
  made.experiments = std::move(entries);
  return made;
}

/// Half way: the mean is 10 s, two run, for 4 s and for longer than the mean, two are to come.
StudyManifest half_way() {
  StudyManifest made = manifest({
      completed("gzip / level=1", seconds(8)),
      completed("gzip / level=5", seconds(12)),
      completed("gzip / level=9", seconds(10)),
      failed("gzip / level=99", "ProcessExit", "exited with code 1:\nno such level"),
      running("xz / level=1", milliseconds(9'500)),
      running("xz / level=5", milliseconds(61'500)),
      entry("xz / level=9", ExperimentState::pending),
      entry("bzip2 / level=1", ExperimentState::pending),
  });
  made.experiments[4].cycle = 12;
  return made;
}

StudyManifest ended(StudyStatus status) {
  StudyManifest made = manifest({completed("a", seconds(2)), completed("b", seconds(3))});
  made.head.status = status;
  made.head.completed_at = kStart + milliseconds(5'200);
  return made;
}

StudyView view(const StudyManifest& manifest, WriterStatus writer) {
  return {manifest, std::move(writer), kStart + milliseconds(65'500), "results/c"};
}

std::string text(const StudyManifest& manifest, const WriterStatus& writer,
                 std::size_t width = 80) {
  return status_text(view(manifest, writer), width);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::size_t widest(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    columns = std::max(columns, column_count(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  return columns;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(status_as_text)

BOOST_AUTO_TEST_CASE(a_running_study_in_80_columns) {
  BOOST_TEST(text(half_way(), kAlive) == R"(
compression: running, pid 4242 on lab-7 since 2026-02-27T16:30:00Z

  [##########################xxxxxxxxx>>>>>>>>>>>>>>>>>>..................]  50%
  3 completed, 1 failed, 4 pending (2 running) of 8
  started 2026-02-27T16:30:00Z, 1 min 05 s ago
  10.0 s an experiment on average, about 13 s left with 2 at once

running
  since                 for          cycle  experiment
  2026-02-27T16:30:09Z  56 s            12  xz / level=1
  2026-02-27T16:31:01Z  4 s              1  xz / level=5

failed
  cycle  experiment       error
      1  gzip / level=99  ProcessExit: exited with code 1:\nno such level
)" + 1);
}

BOOST_AUTO_TEST_CASE(what_is_too_long_for_80_columns_is_whole_in_200) {
  StudyManifest study = manifest(
      {failed("pytorch / model=Llama-3.2-1B, batch_size=4, warm_up=3 / bf16", "ProcessExit",
              "exited with code 1: torch.cuda.OutOfMemoryError: CUDA out of memory")});
  BOOST_TEST(text(study, kAlive, 80) == R"(
compression: running, pid 4242 on lab-7 since 2026-02-27T16:30:00Z

  [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx] 100%
  0 completed, 1 failed, 0 pending of 1
  started 2026-02-27T16:30:00Z, 1 min 05 s ago

failed
  pytorch / model=Llama-3.2-1B, batch_size=4, warm_up=3 / bf16
    ProcessExit: exited with code 1: torch.cuda.OutOfMemoryError: CUDA out of m…
)" + 1);
  BOOST_TEST(text(study, kAlive, 200) == R"(
compression: running, pid 4242 on lab-7 since 2026-02-27T16:30:00Z

  [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx] 100%
  0 completed, 1 failed, 0 pending of 1
  started 2026-02-27T16:30:00Z, 1 min 05 s ago

failed
  experiment                                                    error
  pytorch / model=Llama-3.2-1B, batch_size=4, warm_up=3 / bf16  ProcessExit: exited with code 1: torch.cuda.OutOfMemoryError: CUDA out of memory
)" + 1);
}

BOOST_AUTO_TEST_CASE(a_study_whose_writer_is_gone_was_interrupted_without_notice) {
  BOOST_TEST(text(half_way(), kGone) == R"(
compression: interrupted without notice, 2 were running; resume with:
  study-host run --resume results/c

  [##########################xxxxxxxxx....................................]  50%
  3 completed, 1 failed, 4 pending of 8
  started 2026-02-27T16:30:00Z, 1 min 05 s ago
  10.0 s an experiment on average

was running
  since                 cycle  experiment
  2026-02-27T16:30:09Z     12  xz / level=1
  2026-02-27T16:31:01Z      1  xz / level=5

failed
  cycle  experiment       error
      1  gzip / level=99  ProcessExit: exited with code 1:\nno such level
)" + 1);
  BOOST_TEST(contains(text(manifest({running("a", seconds(1))}), kGone), ", 1 was running;"));
  BOOST_TEST(contains(text(manifest({}), kGone), ", nothing was running;"));
}

BOOST_AUTO_TEST_CASE(an_ended_study_tells_how_long_it_took_and_how_to_go_on) {
  BOOST_TEST(text(ended(StudyStatus::completed), kGone) == R"(
compression: completed

  [#######################################################################] 100%
  2 completed, 0 failed, 0 pending of 2
  started 2026-02-27T16:30:00Z, ended 2026-02-27T16:30:05Z after 5.2 s
  2.5 s an experiment on average
)" + 1);
  const std::string resume = "; resume with:\n  study-host run --resume results/c\n";
  BOOST_TEST(text(ended(StudyStatus::interrupted), kGone)
                 .starts_with("compression: interrupted" + resume));
  BOOST_TEST(text(ended(StudyStatus::failed), {WriterState::none, {}})
                 .starts_with("compression: failed" + resume));
}

BOOST_AUTO_TEST_CASE(who_writes_is_told_as_far_as_it_is_known) {
  const auto state = [](const StudyManifest& study, const WriterStatus& writer) {
    return first_line(text(study, writer)).substr(13);
  };
  BOOST_TEST(state(half_way(), {WriterState::alive, {}}) == "running, another process");
  BOOST_TEST(state(half_way(), {WriterState::none, {}}) ==
             "running, unless its writer died: there is no lock that would tell");
  BOOST_TEST(state(half_way(), {WriterState::unknown, {}}) ==
             "running, unless its writer died: that can't be told from here");
  BOOST_TEST(text(half_way(), {WriterState::unknown, kWriter})
                 .starts_with("compression:\n  running, unless pid 4242 on lab-7 died: "));
  BOOST_TEST(state(ended(StudyStatus::interrupted), kAlive) ==
             "interrupted; pid 4242 on lab-7 has not left yet");
}

BOOST_AUTO_TEST_CASE(a_writer_that_came_after_the_end_is_about_to_resume_the_study) {
  WriterStatus later = kAlive;
  later.writer->started_at = kStart + seconds(60);
  for (const StudyStatus status : {StudyStatus::interrupted, StudyStatus::completed}) {
    const StudyManifest study = ended(status);
    const std::string shown = text(study, later);
    BOOST_TEST(shown.starts_with("compression: " + std::string(to_string(status)) +
                                 ", being resumed by pid 4242 on lab-7\n"),
               shown);
    BOOST_TEST(!is_over(view(study, later)));
    BOOST_TEST(!is_being_left(view(study, later)));
    BOOST_TEST(is_over(view(study, kAlive)));
    BOOST_TEST(is_being_left(view(study, kAlive)));
    BOOST_TEST(!is_being_left(view(study, kGone)));
  }
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_asked_for_except_a_command) {
  StudyManifest study = half_way();
  study.head.study_name = std::string(150, 'n');
  study.experiments[3].error_message = std::string(2'000, 'm');
  for (ManifestEntry& one : study.experiments) one.config_summary += std::string(120, 's');
  study.experiments[5].config_summary = "模型 é" + std::string(200, 's');
  for (std::size_t width = 20; width <= 250; ++width) {
    BOOST_TEST(widest(text(study, kAlive, width)) == width);
  }
  StudyView gone = view(study, kGone);
  gone.study_dir = std::string(300, 'd');
  BOOST_TEST(contains(status_text(gone, 80), "  study-host run --resume " + gone.study_dir + "\n"));
}

BOOST_AUTO_TEST_CASE(a_long_name_does_not_hide_the_state) {
  StudyManifest study = half_way();
  study.head.study_name = std::string(150, 'n');
  BOOST_TEST(contains(text(study, kAlive), "…\n  running, pid 4242 on lab-7 since "));
}

BOOST_AUTO_TEST_CASE(of_many_failures_twenty_are_listed_and_the_rest_counted) {
  StudyManifest study = manifest({});
  for (int i = 0; i < 20; ++i) study.experiments.push_back(failed("a", "Error", "b"));
  BOOST_TEST(!contains(text(study, kAlive), "more"));
  for (int i = 0; i < 1'003; ++i) study.experiments.push_back(failed("a", "Error", "b"));
  const std::string shown = text(study, kAlive);
  BOOST_TEST(shown.ends_with("\n  a           Error: b\n  … and 1003 more (see manifest.json)\n"));
  BOOST_TEST(std::count(shown.begin(), shown.end(), '\n') == 5 + 3 + 20 + 1);
}

BOOST_AUTO_TEST_CASE(nothing_in_the_text_can_drive_a_terminal) {
  StudyManifest study = half_way();
  study.head.study_name = "\x1b[2Jname";
  study.experiments[3].error_type = "\x1b]0;title\x07";
  study.experiments[4].config_summary = "a\rb";
  WriterStatus writer = kAlive;
  writer.writer->host = "\x1b[1mhost";
  for (const char c : text(study, writer)) {
    BOOST_TEST((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
  }
}

BOOST_AUTO_TEST_CASE(the_bar_is_full_only_when_all_is_done) {
  StudyManifest study = manifest({});
  for (int i = 0; i < 1'000; ++i) study.experiments.push_back(completed("a", seconds(1)));
  BOOST_TEST(contains(text(study, kAlive), "#] 100%"));
  study.experiments[7] = entry("a", ExperimentState::pending);
  BOOST_TEST(contains(text(study, kAlive), "#.]  99%"));
  BOOST_TEST(!contains(text(manifest({}), kAlive), "%"));
}

BOOST_AUTO_TEST_CASE(the_line_changes_only_with_state_and_counters) {
  const StudyManifest study = half_way();
  StudyView later = view(study, kAlive);
  BOOST_TEST(status_line(later) ==
             "compression: 3 completed, 1 failed, 4 pending (2 running) of 8, running, pid 4242 on "
             "lab-7 since 2026-02-27T16:30:00Z");
  later.now += seconds(100);
  BOOST_TEST(status_line(later) == status_line(view(study, kAlive)));
  BOOST_TEST(status_line(view(study, kGone)) ==
             "compression: 3 completed, 1 failed, 4 pending of 8, interrupted without notice, 2 "
             "were running; resume with: study-host run --resume results/c");
}

BOOST_AUTO_TEST_CASE(a_study_of_another_host_is_shown_with_host_and_directory) {
  const StudyManifest study = ended(StudyStatus::interrupted);
  StudyView there = view(study, kGone);
  there.study_dir.clear();
  there.host = "node\a7";
  there.directory_there = "/data/" + std::string(100, 'd');
  there.namesakes = 2;
  const std::string shown = status_text(there, 80);
  BOOST_TEST(shown.starts_with("compression: interrupted\n  on node\\x077 in /data/" +
                               std::string(100, 'd') + "\n\n"),
             shown);
  BOOST_TEST(
      shown.ends_with("\n\n2 earlier studies of this name: study-host list --config has them\n"),
      shown);
  const boost::json::value told = boost::json::parse(status_json(there));
  BOOST_TEST(told.at("host") == "lab-7");
  BOOST_TEST(told.at("study_dir") == there.directory_there.c_str());
  there.host.clear();
  BOOST_TEST(status_text(there, 80).starts_with("compression: interrupted\n  /data/ddd"));
}

BOOST_AUTO_TEST_CASE(json_has_manifest_writer_and_estimate) {
  namespace json = boost::json;
  const StudyManifest study = half_way();
  const auto shown = [&](const StudyManifest& manifest, const WriterStatus& writer) {
    return json::parse(status_json(view(manifest, writer)));
  };
  BOOST_TEST(
      (shown(study, kAlive) == json::value{{"manifest", json::parse(study::render_manifest(study))},
                                           {"writer", "alive"},
                                           {"eta_seconds", 13.0},
                                           {"host", "lab-7"},
                                           {"study_dir", "results/c"},
                                           {"namesakes", 0}}));
  BOOST_TEST((shown(study, kGone).at("eta_seconds") == nullptr));
  BOOST_TEST((shown(study, kGone).at("writer") == "gone"));
  BOOST_TEST((shown(study, {WriterState::none, {}}).at("writer") == "none"));
  BOOST_TEST((shown(study, {WriterState::unknown, {}}).at("writer") == "unknown"));
  BOOST_TEST((shown(ended(StudyStatus::completed), kGone).at("eta_seconds") == nullptr));
  BOOST_TEST((shown(manifest({entry("a", ExperimentState::pending)}), kAlive).at("eta_seconds") ==
              nullptr));
}

BOOST_AUTO_TEST_CASE(the_estimate_is_made_of_what_the_entries_tell_and_of_nothing_else) {
  struct Estimate {
    std::optional<std::chrono::microseconds> mean;
    std::optional<std::chrono::microseconds> left;
  };
  const auto at = [](const StudyManifest& study, seconds now) {
    const ExperimentTimes times = experiment_times(study, kStart + now);
    return Estimate{times.mean(), times.estimate(times.running_for.size())};
  };
  StudyManifest study = manifest({entry("a", ExperimentState::pending), running("b", seconds(0))});
  BOOST_TEST(!at(study, seconds(5)).mean);
  BOOST_TEST(!at(study, seconds(5)).left);
  study.experiments.push_back(entry("c", ExperimentState::completed));  // without times
  study.experiments.push_back(completed("d", -seconds(3)));             // of a clock set back
  study.experiments.push_back(failed("e", "Error", ""));
  BOOST_TEST(!at(study, seconds(5)).mean);
  study.experiments.push_back(completed("f", seconds(10)));
  BOOST_TEST((at(study, seconds(5)).mean == seconds(10)));
  BOOST_TEST((at(study, seconds(5)).left == seconds(15)));   // all of a, half of b
  BOOST_TEST((at(study, seconds(99)).left == seconds(10)));  // b is about to end
  BOOST_TEST((at(study, -seconds(99)).left == seconds(20)));
  study.experiments.push_back(running("g", seconds(5)));
  BOOST_TEST((at(study, seconds(5)).left == milliseconds(12'500)));  // shared by two
  study.experiments[1] = study.experiments[6] = entry("b", ExperimentState::pending);
  BOOST_TEST((at(study, seconds(5)).left == seconds(30)));  // one at a time, at least
  BOOST_TEST(!at(manifest({completed("f", seconds(10))}), seconds(5)).left);  // nothing is left
}

BOOST_AUTO_TEST_SUITE_END()
