// When experiments run: how many at once, and with which pauses.
#include "support/study_folder.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

struct Mark {
  long long time_ns;
  std::string what;  ///< `start` or `end`
  int n;
  int cycle;
};

/// Experiments write down when they start and end; in the order of time.
class MarkedStudy {
 public:
  std::string script(const std::string& work) const {
    const std::string file = (folder.path() / "marks").string();
    const auto mark = [&](const std::string& what) {
      return "echo $(date +%s%N) " + what + " $1 {cycle} >> " + file + "; ";
    };
    return mark("start") + work + "; " + mark("end") + "echo 1";
  }

  std::vector<Mark> marks() const {
    std::istringstream lines(read_text(folder.path() / "marks"));
    std::vector<Mark> result;
    for (Mark mark{}; lines >> mark.time_ns >> mark.what >> mark.n >> mark.cycle;) {
      result.push_back(mark);
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const Mark& a, const Mark& b) { return a.time_ns < b.time_ns; });
    return result;
  }

  StudyFolder folder;
};

constexpr long long kGapNs = 200'000'000;

}  // namespace

BOOST_AUTO_TEST_SUITE(scheduling)

BOOST_AUTO_TEST_CASE(so_many_experiments_run_at_once_as_there_are_jobs) {
  StudyFolder folder;
  // Each waits for the other; alone it would run into its time limit.
  const std::string up = (folder / "up-").string();
  folder.study(
      ": > " + up + "$1; while ! [ -e " + up + "1 -a -e " + up + "2 ]; do sleep 0.01; done; echo 1",
      {{{"n", 1}}, {{"n", 2}}}, {{"timeout_seconds", 20}});
  BOOST_TEST(folder.run({"--jobs", "2"}).exit_code == 0);
}

BOOST_AUTO_TEST_CASE(never_more_experiments_run_than_there_are_jobs) {
  MarkedStudy study;
  json::array fields;
  for (int n = 1; n <= 8; ++n) fields.push_back(json::object{{"n", n}});
  study.folder.study(study.script("sleep 0.05"), fields);
  BOOST_TEST(study.folder.run({"--jobs", "3"}).exit_code == 0);
  int running = 0;
  int most = 0;
  for (const Mark& mark : study.marks()) {
    running += mark.what == "start" ? 1 : -1;
    most = std::max(most, running);
  }
  BOOST_TEST(most <= 3);
  BOOST_TEST(most >= 2);
}

BOOST_AUTO_TEST_CASE(the_host_config_says_how_many_jobs_unless_the_command_line_does) {
  MarkedStudy study;
  study.folder.host({}, {{"jobs", 4}});
  study.folder.study(study.script("sleep 0.05"), {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}});
  BOOST_TEST(study.folder.run({"--jobs", "1"}).exit_code == 0);
  const auto marks = study.marks();
  BOOST_REQUIRE(marks.size() == 6u);
  for (std::size_t i = 0; i < marks.size(); i += 2) {
    BOOST_TEST(marks[i].what == "start");
    BOOST_TEST(marks[i + 1].what == "end");
  }
}

BOOST_AUTO_TEST_CASE(the_gap_passes_between_an_end_and_the_next_start) {
  MarkedStudy study;
  study.folder.study(study.script(":"), {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}}, {},
                     {{"experiment_gap_seconds", 0.2}});
  BOOST_TEST(study.folder.run().exit_code == 0);
  const auto marks = study.marks();
  BOOST_REQUIRE(marks.size() == 6u);
  BOOST_TEST(marks[2].time_ns - marks[1].time_ns >= kGapNs);
  BOOST_TEST(marks[4].time_ns - marks[3].time_ns >= kGapNs);
}

BOOST_AUTO_TEST_CASE(a_round_starts_a_gap_after_the_last_end_of_the_round_before) {
  MarkedStudy study;
  study.folder.study(study.script("sleep 0.0$1"), {{{"n", 1}}, {{"n", 9}}}, {},
                     {{"n_cycles", 2}, {"cycle_order", "interleaved"}, {"cycle_gap_seconds", 0.2}});
  BOOST_TEST(study.folder.run({"--jobs", "2"}).exit_code == 0);
  long long last_end = 0;
  long long first_start = 0;
  for (const Mark& mark : study.marks()) {
    if (mark.cycle == 1 && mark.what == "end") last_end = std::max(last_end, mark.time_ns);
    if (mark.cycle == 2 && mark.what == "start" && first_start == 0) first_start = mark.time_ns;
  }
  BOOST_TEST(first_start - last_end >= kGapNs);
}

BOOST_AUTO_TEST_CASE(the_order_of_cycles_is_that_of_the_study) {
  MarkedStudy study;
  study.folder.study(study.script(":"), {{{"n", 1}}, {{"n", 2}}}, {},
                     {{"n_cycles", 2}, {"cycle_order", "interleaved"}});
  BOOST_TEST(study.folder.run().exit_code == 0);
  std::vector<std::pair<int, int>> order;
  for (const Mark& mark : study.marks()) {
    if (mark.what == "start") order.emplace_back(mark.n, mark.cycle);
  }
  BOOST_TEST((order == std::vector<std::pair<int, int>>{{1, 1}, {2, 1}, {1, 2}, {2, 2}}));
}

BOOST_AUTO_TEST_SUITE_END()
