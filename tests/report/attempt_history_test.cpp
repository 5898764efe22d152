// The attempts that a journal tells of.
#include "report/attempt_history.hpp"

#include "support/study_folder.hpp"

#include <boost/test/unit_test.hpp>

using host::Attempt;
using host::AttemptEnd;

namespace {

std::string study_line(int minute) {
  return R"({"seq":1,"event":"study","format":2,"time":"2026-02-27T16:)" + std::to_string(minute) +
         R"(:00Z","resumed":true,"manifest":{"experiments": [)" + std::string(300'000, ' ') +
         R"(]},"crc32c":"00000000"})" + "\n";
}

std::string state_line(int minute, const std::string& hash, const std::string& state,
                       const std::string& more = "") {
  return R"({"seq":2,"event":"state","time":"2026-02-27T16:)" + std::to_string(minute) +
         R"(:00Z","config_hash":")" + hash + R"(","cycle":1,"attempt":1,"state":")" + state + "\"" +
         more + R"(,"crc32c":"00000000"})" + "\n";
}

const std::string kSlot2 = R"(,"attributes":{"slot":2})";

struct Journal {
  host::AttemptHistory read(const std::string& text) const {
    std::ofstream(dir / "journal.jsonl") << text;
    return host::read_attempt_history(dir.path()).value();
  }
  static std::string ends(const std::vector<Attempt>& attempts) {
    std::string text;
    for (const Attempt& attempt : attempts) text += static_cast<char>(attempt.end);
    return text;
  }

  study_test::TempDir dir;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(attempt_history)

BOOST_FIXTURE_TEST_CASE(each_attempt_has_its_time_its_end_and_its_slot, Journal) {
  const auto history = read(study_line(10) + state_line(11, "a", "running", kSlot2) +
                            state_line(12, "a", "failed", kSlot2) + state_line(13, "a", "running") +
                            state_line(14, "b", "running", R"(,"attributes":{"slot":-4})") +
                            state_line(15, "b", "pending") + state_line(16, "a", "completed"));
  BOOST_TEST(!history.is_cut);
  const auto& a = history.runs.at("a.1");
  BOOST_TEST(ends(a) == "fc");
  BOOST_TEST(a[0].slot == 2);
  BOOST_TEST(a[1].slot == -1);
  BOOST_TEST((a[1].ended_at - a[1].started_at == std::chrono::minutes(3)));
  BOOST_TEST(ends(history.runs.at("b.1")) == "i");
  BOOST_TEST(history.runs.at("b.1")[0].slot == -1);
}

BOOST_FIXTURE_TEST_CASE(what_a_killed_host_had_running_was_interrupted_when_it_was_last_heard_of,
                        Journal) {
  const auto history =
      read(study_line(10) + state_line(11, "a", "running") + state_line(12, "b", "failed") +
           study_line(40) + state_line(41, "a", "running"));
  const auto& a = history.runs.at("a.1");
  BOOST_TEST(ends(a) == "ir");
  BOOST_TEST((a[0].ended_at - a[0].started_at == std::chrono::minutes(1)));
  BOOST_TEST(history.runs.count("b.1") == 0);  // it was never running
}

BOOST_FIXTURE_TEST_CASE(nothing_behind_a_damaged_line_counts, Journal) {
  for (const std::string& damage :
       {std::string("{\n"), std::string("[]\n"), std::string("{\"event\":5}\n"),
        std::string("\xff\n"), state_line(99, "a", "failed")}) {
    const auto history = read(study_line(10) + state_line(11, "a", "running") + damage +
                              state_line(12, "a", "failed"));
    BOOST_TEST(history.is_cut, damage);
    BOOST_TEST(ends(history.runs.at("a.1")) == "r");
  }
  BOOST_TEST(!read(study_line(10) + state_line(11, "a", "running") + "{\"torn").is_cut);
}

BOOST_FIXTURE_TEST_CASE(a_link_is_not_followed, Journal) {
  std::ofstream(dir / "other") << study_line(10);
  std::filesystem::create_symlink(dir / "other", dir / "journal.jsonl");
  BOOST_TEST(!host::read_attempt_history(dir.path()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
