#define BOOST_TEST_MODULE resume_until_done
#include "support/study_folder.hpp"
#include "support/valid_manifest.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <signal.h>

namespace fs = std::filesystem;
using namespace study;

namespace {

constexpr int kExperiments = 8;
constexpr int kFailing = 5;  ///< the one that never completes

/// How often each experiment has run.
using Ledger = std::map<int, int>;

std::size_t count(const Ledger& ledger) {
  std::size_t runs = 0;
  for (const auto& [n, times] : ledger) runs += static_cast<std::size_t>(times);
  return runs;
}

struct TortureStudy {
  TortureStudy() {
    folder.use_manifest_writer();
    boost::json::array fields;
    for (int n = 0; n < kExperiments; ++n) fields.push_back(boost::json::object{{"n", n}});
    folder.study("echo $1 >> " + (folder / "ledger").string() +
                     "; test $1 != " + std::to_string(kFailing) + " && echo \"{\\\"n\\\": $1}\"",
                 fields);
  }

  [[nodiscard]] Ledger ledger() const {
    std::istringstream text(study_test::read_text(folder / "ledger"));
    Ledger ledger;
    for (int n = 0; text >> n;) ++ledger[n];
    return ledger;
  }

  /// Until so many more experiments have begun than `before`, or the host has ended: so that a fast
  /// machine's hosts are interrupted in the middle, too. None more: at once.
  void wait_for_runs(const Ledger& before, std::size_t more,
                     const study_test::Program& host) const {
    study_test::wait_until(
        "runs", [&] { return count(ledger()) >= count(before) + more || host.has_exited(); });
  }

  /// A new study's command, or the one that resumes what is there.
  [[nodiscard]] std::vector<std::string> command(const std::string& jobs, bool with_study) const {
    return has_checkpoint() ? resume_command(jobs, with_study) : folder.command({"--jobs", jobs});
  }

  [[nodiscard]] std::vector<std::string> resume_command(const std::string& jobs,
                                                        bool with_study) const {
    const std::string dir = folder.study_dir().string();
    if (with_study) return folder.command({"--resume", dir, "--jobs", jobs});
    return {study_test::kStudyHost, "run", "--resume", dir, "--jobs", jobs};
  }

  /// A host that is killed before its study has begun leaves nothing that could be resumed.
  [[nodiscard]] bool has_checkpoint() const {
    if (!fs::exists(folder.results()) || fs::is_empty(folder.results())) return false;
    if (fs::exists(folder.study_dir() / "manifest.json")) return true;
    BOOST_TEST_REQUIRE(ledger().empty());  // no run has begun
    fs::remove_all(folder.results());
    return false;
  }

  /// The states of all entries, and every result that is named.
  [[nodiscard]] std::string outcome() const {
    const auto manifest =
        study_test::read_valid_manifest(folder.study_dir() / "manifest.json").value();
    const ManifestCounters counters = count_entries(manifest);
    std::string text = std::to_string(counters.completed) + " " + std::to_string(counters.failed) +
                       " " + std::to_string(counters.pending) + " " +
                       std::string(to_string(manifest.head.status)) + "\n";
    for (const ManifestEntry& entry : manifest.experiments) {
      text += entry.config_hash + " " + std::string(to_string(entry.status)) + " ";
      if (entry.result_file) {
        text += *entry.result_file + " " +
                study_test::read_text(folder.study_dir() / *entry.result_file);
      }
      text += entry.error_type.value_or("") + "\n";
    }
    return text;
  }

  study_test::StudyFolder folder;
};

/// The experiments whose completion has been acknowledged; `n` is the place in the manifest.
std::vector<int> acknowledged(const TortureStudy& study) {
  std::vector<int> result;
  if (!study.has_checkpoint()) return result;
  const auto manifest =
      study_test::read_valid_manifest(study.folder.study_dir() / "manifest.json").value();
  for (int n = 0; n < kExperiments; ++n) {
    const auto& entry = manifest.experiments.at(static_cast<std::size_t>(n));
    if (entry.status == ExperimentState::completed) result.push_back(n);
  }
  return result;
}

struct Totals {
  int signals = 0;
  int studies_interrupted = 0;
};

std::chrono::microseconds microseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               begin);
}

/// When a host is interrupted.
using Moment = std::function<void(const TortureStudy& study, const Ledger& before,
                                  std::size_t n_done, const study_test::Program& host)>;

/// A moment after some experiment has begun, so that hosts are hit in the middle however fast the
/// machine is.
Moment after_some_run(std::mt19937& random) {
  return [&random](const TortureStudy& study, const Ledger& before, std::size_t n_done,
                   const study_test::Program& host) {
    study.wait_for_runs(before, random() % (kExperiments - n_done), host);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 1'000));
  };
}

/// Any moment of `whole`, the time that an undisturbed host takes, so that every step is hit:
/// start, lock, settling, setting aside, the first publication, the end.
Moment at_any_time(std::mt19937& random, std::chrono::microseconds whole) {
  return [&random, whole](const TortureStudy&, const Ledger&, std::size_t,
                          const study_test::Program&) {
    std::uniform_int_distribution<std::int64_t> delay(0, whole.count());
    std::this_thread::sleep_for(std::chrono::microseconds(delay(random)));
  };
}

/// Runs and interrupts the study, at most a few times, and then lets it end.
void run_until_done(TortureStudy& study, const std::string& jobs, const Moment& wait_for_moment,
                    std::mt19937& random, Totals& totals) {
  constexpr int kSignals[] = {SIGINT, SIGTERM, SIGKILL};
  constexpr int kMaxInterruptions = 6;
  int interruptions = 0;
  for (int attempt = 0;; ++attempt) {
    const std::vector<int> done = acknowledged(study);
    const Ledger before = study.ledger();
    study_test::Program host(study.command(jobs, random() % 2 == 0));
    int signal = 0;
    if (attempt < kMaxInterruptions) {
      wait_for_moment(study, before, done.size(), host);
      signal = kSignals[random() % 3];
      host.send(signal);
    }
    const study_test::ProgramResult result = host.wait();
    const Ledger after = study.ledger();
    for (const int n : done) BOOST_TEST(after.at(n) == before.at(n), result.err);
    if (result.exit_code == 1) break;  // all was run, and one has failed
    BOOST_TEST_REQUIRE(signal != 0, result.err);
    const bool by_signal = result.signal == signal || result.exit_code == 128 + signal;
    BOOST_TEST_REQUIRE(by_signal, result.exit_code << " " << result.err);
    ++totals.signals;
    ++interruptions;
  }
  if (interruptions > 0) ++totals.studies_interrupted;
}

void check_end(const TortureStudy& study, const TortureStudy& undisturbed) {
  BOOST_TEST(study.outcome() == undisturbed.outcome());
  BOOST_TEST(study.ledger().size() == static_cast<std::size_t>(kExperiments));
  BOOST_TEST(!study.folder.has(".tmp"));
}

/// Else --rebuild is asked for: a host that is killed behind setting aside what it can't read and
/// before its first publication leaves no manifest.
bool is_readable(const TortureStudy& study) {
  try {
    return read_manifest_file(study.folder.study_dir() / "manifest.json").has_value();
  } catch (const CheckpointError&) {
    return false;
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_study_that_is_interrupted_again_and_again_ends_like_an_undisturbed_one) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  TortureStudy undisturbed;
  BOOST_TEST_REQUIRE(undisturbed.folder.run().exit_code == 1);
  Totals totals;
  for (int round = 0; round < 50; ++round) {
    BOOST_TEST_CONTEXT("seed " << seed << ", study " << round) {
      TortureStudy study;
      run_until_done(study, round % 2 == 0 ? "1" : "4", after_some_run(random), random, totals);
      check_end(study, undisturbed);
    }
  }
  BOOST_TEST_MESSAGE(totals.signals << " signals in " << totals.studies_interrupted << " studies");
  BOOST_TEST(totals.studies_interrupted > 25);
}

BOOST_AUTO_TEST_CASE(no_moment_of_a_host_s_life_is_one_at_which_it_must_not_be_killed) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  TortureStudy undisturbed;
  BOOST_TEST_REQUIRE(undisturbed.folder.run().exit_code == 1);
  auto whole = std::chrono::microseconds::max();
  for (int i = 0; i < 3; ++i) {
    const TortureStudy timed;
    const auto begin = std::chrono::steady_clock::now();
    static_cast<void>(timed.folder.run());
    whole = std::min(whole, microseconds_since(begin));
  }
  Totals totals;
  for (int round = 0; round < 50; ++round) {
    BOOST_TEST_CONTEXT("seed " << seed << ", study " << round) {
      TortureStudy study;
      run_until_done(study, round % 2 == 0 ? "1" : "4", at_any_time(random, whole), random, totals);
      check_end(study, undisturbed);
    }
  }
  BOOST_TEST_MESSAGE(totals.signals << " signals in " << totals.studies_interrupted << " studies");
  BOOST_TEST(totals.studies_interrupted > 25);
}

/// What is done before the first run is short beside the rest of a host's life, so it is hit on
/// purpose: a study of which all but one experiment is done, resumed and killed within the time
/// that it takes until the first run, which is longest where a manifest is set aside.
BOOST_AUTO_TEST_CASE(a_host_that_is_killed_while_it_starts_to_resume_loses_nothing) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  TortureStudy study;
  BOOST_TEST_REQUIRE(study.folder.run().exit_code == 1);
  const std::string outcome = study.outcome();
  auto start = std::chrono::microseconds::max();
  int killed = 0;
  for (int round = 0; round < 60; ++round) {
    BOOST_TEST_CONTEXT("seed " << seed << ", round " << round) {
      if (round % 3 == 2) {
        std::ofstream(study.folder.study_dir() / "manifest.json") << "{\"half";
      }
      auto command = study.resume_command("1", round % 2 == 0);
      if (!is_readable(study)) command.emplace_back("--rebuild");
      const Ledger before = study.ledger();
      const auto begin = std::chrono::steady_clock::now();
      study_test::Program host(command);
      if (round < 3) {
        study.wait_for_runs(before, 1, host);
        start = std::min(start, microseconds_since(begin));
      } else {
        std::uniform_int_distribution<std::int64_t> delay(0, start.count());
        std::this_thread::sleep_for(std::chrono::microseconds(delay(random)));
      }
      host.send(SIGKILL);
      const study_test::ProgramResult result = host.wait();
      BOOST_TEST((result.signal == SIGKILL || result.exit_code == 1), result.err);
      if (result.signal == SIGKILL) ++killed;
      const Ledger after = study.ledger();
      for (int n = 0; n < kExperiments; ++n) {
        if (n != kFailing) BOOST_TEST(after.at(n) == before.at(n), result.err);
      }
    }
  }
  auto command = study.resume_command("1", true);
  if (!is_readable(study)) command.emplace_back("--rebuild");
  const study_test::ProgramResult last = study_test::run_program(command);
  BOOST_TEST(last.exit_code == 1, last.err);
  BOOST_TEST(study.outcome() == outcome);
  BOOST_TEST(killed > 30);
}
