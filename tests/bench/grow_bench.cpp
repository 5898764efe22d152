#include "bench/grow_bench.hpp"

#include <study/observer_library.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <span>

#include <boost/json/object.hpp>

namespace study_bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// How many experiments one observer gets before it is the next one's turn.
constexpr int kBatch = 20;

class Growing {
 public:
  Growing(std::string name, const std::string& plugin, const boost::json::object& options,
          const fs::path& dir)
      : name_(std::move(name)),
        observer_(study::ObserverLibrary::load(fs::path(STUDY_OBSERVER_DIR) / plugin)
                      .create({"checkpoint_bench", "1",
                               [](study::LogSeverity, std::string_view, std::string_view) {}},
                              options)) {
    study::StudyConfig config;
    config.study_name = "bench";
    config.framework_version = "1.0.0";
    fs::create_directory(dir);
    observer_->on_study_start({config, dir, study::now(), nullptr});
  }

  void grow(int number) {
    const std::string hash = "trial-" + std::to_string(number);
    const study::Experiment experiment{.config = {{"model", "meta-llama/Llama-3.2-1B"},
                                                  {"backend", "pytorch"},
                                                  {"learning_rate", number * 1e-6}},
                                       .config_hash = hash};
    const auto begin = Clock::now();
    observer_->on_experiments_added({std::span(&experiment, 1), study::now()});
    const auto added = Clock::now();
    observer_->on_experiment_state({.config_hash = hash,
                                    .cycle = 1,
                                    .state = study::ExperimentState::running,
                                    .time = study::now()});
    const auto run = Clock::now();
    added_us_.push_back(std::chrono::duration<double, std::micro>(added - begin).count());
    run_us_.push_back(std::chrono::duration<double, std::micro>(run - added).count());
  }

  void report(std::vector<Result>& results) const {
    const std::size_t tenth = std::max<std::size_t>(1, added_us_.size() / 10);
    for (const bool last : {false, true}) {
      const std::size_t from = last ? added_us_.size() - tenth : 0;
      const auto part = [&](const std::vector<double>& samples) {
        const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(from);
        return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(tenth));
      };
      const std::size_t entries = from + tenth;
      results.push_back(summarize(growth_name(name_), entries, part(added_us_)));
      results.push_back(summarize(growth_transition_name(name_), entries, part(run_us_)));
    }
  }

 private:
  std::string name_;
  std::unique_ptr<study::StudyObserver> observer_;
  std::vector<double> added_us_;
  std::vector<double> run_us_;
};

}  // namespace

std::string growth_name(const std::string& observer) {
  return "grow/" + observer;
}

std::string growth_transition_name(const std::string& observer) {
  return "grow/" + observer + "/run";
}

void measure_growth(const fs::path& dir, int entries, const std::string& postgres,
                    std::vector<Result>& results) {
  std::vector<Growing> growing;
  growing.emplace_back("swap", "manifest_writer.so", boost::json::object{{"engine", "swap"}},
                       dir / "swap");
  growing.emplace_back("journal", "journal_writer.so", boost::json::object(), dir / "journal");
  growing.emplace_back("sqlite", "sqlite_writer.so", boost::json::object(), dir / "sqlite");
  if (!postgres.empty()) {
    growing.emplace_back(
        "postgres", "postgres_writer.so",
        boost::json::object{{"connection", postgres}, {"schema", "checkpoint_bench"}},
        dir / "postgres");
  }
  std::mt19937 random(1);
  for (int done = 0; done < entries; done += kBatch) {
    const std::size_t first = random() % growing.size();
    for (std::size_t i = 0; i < growing.size(); ++i) {
      Growing& one = growing[(first + i) % growing.size()];
      for (int number = done; number < std::min(done + kBatch, entries); ++number) {
        one.grow(number);
      }
    }
  }
  for (const Growing& one : growing) one.report(results);
}

}  // namespace study_bench
