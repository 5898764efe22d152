// Loaded plugins, driven through the same interface as by the host.
#include "bench/contestant.hpp"

#include <study/observer_library.hpp>

#include <utility>

#include <boost/json/parse.hpp>

namespace study_bench {
namespace {

class ObserverContestant final : public Contestant {
 public:
  ObserverContestant(std::string name, const std::filesystem::path& library,
                     const std::string& options, int repetitions)
      : name_(std::move(name)),
        repetitions_(repetitions),
        observer_(study::ObserverLibrary::load(library).create(
            {"checkpoint_bench", "1",
             [](study::LogSeverity, std::string_view, std::string_view) {}},
            boost::json::parse(options).as_object())) {}

  [[nodiscard]] std::string name() const override { return name_; }
  void start(const BenchStudy& study, const std::filesystem::path& dir) override {
    observer_->on_study_start({study.config, dir, study::now(), nullptr});
  }
  void store(const BenchTransition& transition) override {
    observer_->on_experiment_state(transition.event());
  }
  [[nodiscard]] int repetitions() const override { return repetitions_; }

 private:
  std::string name_;
  int repetitions_;
  std::unique_ptr<study::StudyObserver> observer_;
};

}  // namespace

std::unique_ptr<Contestant> observer_contestant(std::string name, std::filesystem::path library,
                                                std::string options, int repetitions) {
  return std::make_unique<ObserverContestant>(std::move(name), library, options, repetitions);
}

}  // namespace study_bench
