// checkpoint_bench: what a transition, an addition, a start, an end and an experiment cost,
// everything in one run.
#include "bench/contestant.hpp"
#include "bench/grow_bench.hpp"
#include "bench/host_bench.hpp"
#include "bench/readers_bench.hpp"
#include "bench/report.hpp"
#include "bench/spawned.hpp"
#include "bench/start_bench.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <iostream>
#include <random>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <stdlib.h>

namespace study_bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Options {
  fs::path dir = fs::temp_directory_path();
  std::vector<int> entries = {10, 100, 1000, 10'000, 100'000};
  int transitions = 2000;
  int batch = 1;
  std::size_t jobs = 16;
  int experiments = 1000;
  int grow = 10'000;
  int readers = 2000;
  std::string postgres;  ///< empty: without a server
  bool json = false;
};

/// Of the study that others read meanwhile.
constexpr int kReadEntries = 10'000;

/// How many batches one contestant stores before it is the next one's turn.
constexpr int kTurn = 20;

/// A contestant that has used it up sits out the rest: whole rewrites of a large study would take
/// hours.
constexpr double kBudgetSeconds = 4;
constexpr std::size_t kFewestSamples = 20;

[[nodiscard]] BenchStudy make_study(int entries) {
  BenchStudy result;
  result.config.study_name = "bench";
  result.config.framework_version = "1.0.0";
  for (int i = 0; i < entries; ++i) {
    result.config.experiments.push_back({.config = {{"model", "meta-llama/Llama-3.2-1B"},
                                                    {"backend", "pytorch"},
                                                    {"precision", "bf16"},
                                                    {"pytorch", {{"batch_size", i}}}},
                                         .config_hash = {}});
  }
  result.manifest =
      study::initial_manifest(result.config, study::make_plan(result.config), study::now());
  return result;
}

struct Runner {
  std::unique_ptr<Contestant> contestant;
  std::vector<double> samples_us;
  double seconds = 0;

  [[nodiscard]] bool sits_out() const {
    return seconds > kBudgetSeconds && samples_us.size() >= kFewestSamples;
  }
};

[[nodiscard]] std::vector<Runner> line_up(std::vector<std::unique_ptr<Contestant>> contestants) {
  std::vector<Runner> runners;
  for (auto& contestant : contestants) runners.emplace_back().contestant = std::move(contestant);
  return runners;
}

const fs::path kPlugins = STUDY_OBSERVER_DIR;

/// Whose transitions cost the same, however large the study is.
[[nodiscard]] std::vector<Runner> line_up_constant(const std::string& postgres) {
  std::vector<std::unique_ptr<Contestant>> contestants;
  const auto add = [&](std::unique_ptr<Contestant> it) { contestants.push_back(std::move(it)); };
  add(observer_contestant("manifest_writer/swap", kPlugins / "manifest_writer.so",
                          R"({"engine": "swap"})"));
  add(observer_contestant("journal_writer", kPlugins / "journal_writer.so", "{}"));
  add(append_floor());
  add(observer_contestant("sqlite_writer", kPlugins / "sqlite_writer.so", "{}"));
  add(sqlite_floor());
  add(sqlite_update());
  add(observer_contestant("boundary/no_op", STUDY_BUILD_DIR "/tests/no_op_observer.so", "{}",
                          1000));
  if (!postgres.empty()) {
    boost::json::object writer{{"connection", postgres}, {"schema", "checkpoint_bench"}};
    add(observer_contestant("postgres_writer", kPlugins / "postgres_writer.so",
                            boost::json::serialize(writer)));
    add(postgres_floor(postgres));
  }
  return line_up(std::move(contestants));
}

/// Who writes the whole study anew each time. They take turns among themselves: of a large one they
/// leave nothing in the caches for whoever comes next, which no experiment does.
[[nodiscard]] std::vector<Runner> line_up_rewriters() {
  std::vector<std::unique_ptr<Contestant>> contestants;
  contestants.push_back(observer_contestant(
      "manifest_writer/replace", kPlugins / "manifest_writer.so", R"({"engine": "replace"})"));
  contestants.push_back(replace_floor());
  contestants.push_back(naive_boost_json());
  return line_up(std::move(contestants));
}

void measure(Runner& runner, const BenchTransition& transition, bool counts) {
  const int repetitions = runner.contestant->repetitions();
  const auto begin = Clock::now();
  for (int i = 0; i < repetitions; ++i) runner.contestant->store(transition);
  const std::chrono::duration<double> elapsed = Clock::now() - begin;
  if (!counts) return;
  runner.seconds += elapsed.count();
  runner.samples_us.push_back(elapsed.count() * 1e6 / repetitions);
}

/// Random transitions, the same for every contestant and in every run, of a study whose host runs
/// several experiments at once: as many ends as starts.
class TransitionSource {
 public:
  TransitionSource(const BenchStudy& study, std::size_t jobs)
      : entries_(study.manifest.experiments),
        is_running_(entries_.size()),
        jobs_(std::clamp<std::size_t>(entries_.size() / 2, 1, jobs)) {}

  [[nodiscard]] std::vector<BenchTransition> next(int count) {
    std::vector<BenchTransition> result;
    for (int i = 0; i < count; ++i) result.push_back(next());
    return result;
  }

 private:
  [[nodiscard]] BenchTransition next() {
    const bool ends = running_.size() == jobs_;
    const std::size_t entry = ends ? running_.front() : pick_idle();
    is_running_[entry] = !ends;
    ends ? running_.pop_front() : running_.push_back(entry);
    BenchTransition transition{.entry = entry,
                               .config_hash = entries_[entry].config_hash,
                               .details = {.config_hash = {},
                                           .cycle = entries_[entry].cycle,
                                           .state = study::ExperimentState::running,
                                           .time = study::now()}};
    if (ends) {
      transition.details.state = study::ExperimentState::failed;
      transition.details.error_type = "ProcessExit";
      transition.details.error_message = "exit code 1";
    }
    return transition;
  }

  [[nodiscard]] std::size_t pick_idle() {
    for (;;) {
      const std::size_t entry = random_() % entries_.size();
      if (!is_running_[entry]) return entry;
    }
  }

  const std::vector<study::ManifestEntry>& entries_;
  std::vector<bool> is_running_;
  std::size_t jobs_;
  std::deque<std::size_t> running_;  ///< in the order of their starts
  std::mt19937 random_{1};
};

/// Everybody in turn stores the same batches, so that noise hits all alike, and before each batch a
/// process runs, as between the transitions of an orchestrator. The first turn warms up and doesn't
/// count.
void measure_transitions(const BenchStudy& study, std::vector<Runner> runners, const fs::path& dir,
                         const Options& options, std::vector<Result>& results) {
  for (std::size_t i = 0; i < runners.size(); ++i) {
    const fs::path own = dir / std::to_string(i);
    fs::create_directories(own);
    runners[i].contestant->start(study, own);
  }
  TransitionSource source(study, options.jobs);
  std::mt19937 random(1);
  const int turn = kTurn * options.batch;
  for (int done = -turn; done < options.transitions; done += turn) {
    std::vector<std::vector<BenchTransition>> batches;
    for (int i = 0; i < kTurn; ++i) batches.push_back(source.next(options.batch));
    // Whoever comes first differs each time, so that nobody always follows the one that filled the
    // caches.
    const std::size_t first = random() % runners.size();
    for (std::size_t i = 0; i < runners.size(); ++i) {
      Runner& runner = runners[(first + i) % runners.size()];
      if (runner.sits_out()) continue;
      for (const std::vector<BenchTransition>& batch : batches) {
        run({"true"});
        for (const BenchTransition& transition : batch) measure(runner, transition, done >= 0);
      }
    }
  }
  for (Runner& runner : runners) {
    results.push_back(summarize(runner.contestant->name(), study.manifest.experiments.size(),
                                std::move(runner.samples_us)));
  }
}

[[nodiscard]] int measure_all(const Options& options) {
  std::string pattern = (options.dir / "checkpoint_bench_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    std::cerr << "checkpoint_bench: can't create a directory in " << options.dir << '\n';
    return 2;
  }
  const fs::path root = pattern;
  std::vector<Result> results;
  for (const int entries : options.entries) {
    if (!options.json) std::cerr << entries << " entries …\n";
    const BenchStudy study = make_study(entries);
    const fs::path dir = root / std::to_string(entries);
    fs::create_directories(dir);
    measure_start(study, dir, results);
    measure_transitions(study, line_up_constant(options.postgres), dir / "constant", options,
                        results);
    measure_transitions(study, line_up_rewriters(), dir / "rewriting", options, results);
    fs::remove_all(dir);
  }
  if (options.grow > 0) {
    fs::create_directory(root / "grow");
    measure_growth(root / "grow", options.grow, options.postgres, results);
  }
  if (options.readers > 0) {
    const BenchStudy study = make_study(kReadEntries);
    TransitionSource source(study, options.jobs);
    const auto next = [&] { return source.next(1).front(); };
    fs::create_directory(root / "readers");
    measure_readers(study, root / "readers", options.readers, next, results);
  }
  if (options.experiments > 0) measure_host(root, options.experiments, results);
  const std::string file_system = file_system_name(root);
  std::cout << (options.json ? to_json(file_system, results) + "\n"
                             : to_table(file_system, results));
  fs::remove_all(root);
  return 0;
}

}  // namespace
}  // namespace study_bench

int main(int argc, char** argv) {
  study_bench::Options options;
  const CLI::Range count(1, 10'000'000);
  CLI::App app("What a transition costs, against what the least could be.");
  app.add_option("--dir", options.dir, "Where to write: on the file system that is to be measured")
      ->check(CLI::ExistingDirectory);
  app.add_option("--entries", options.entries, "Sizes of studies")->delimiter(',')->check(count);
  app.add_option("--transitions", options.transitions, "How many of each contestant and size")
      ->check(count);
  app.add_option(
         "--batch", options.batch,
         "How many transitions follow each other before a process runs. With 1 each finds the "
         "caches as an orchestrator does, whose experiments run in between; with many they are "
         "warm")
      ->check(count);
  app.add_option("--jobs", options.jobs,
                 "How many experiments of the study run at once; of many, an end finds the caches "
                 "as cold as a start")
      ->check(count);
  app.add_option("--postgres", options.postgres,
                 "Connection string of a PostgreSQL server to measure, too; schemas "
                 "checkpoint_bench and checkpoint_bench_floor are used");
  app.add_option("--experiments", options.experiments, "How many study-host runs; 0: none")
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--grow", options.grow,
                 "How many experiments are added one by one to a study that begins empty; 0: none")
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--readers", options.readers,
                 "How many transitions of a study of 10,000 entries that others read all the time; "
                 "0: none")
      ->check(CLI::Range(0, 10'000'000));
  app.add_flag("--json", options.json, "For programs");
  try {
    app.parse(argc, argv);
    return study_bench::measure_all(options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "checkpoint_bench: " << error.what() << '\n';
    return 1;
  }
}
