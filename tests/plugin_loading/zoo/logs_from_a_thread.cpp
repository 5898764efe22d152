// Healthy: logs from several threads of its own at once.
#include <study/export_observer.hpp>

#include <thread>
#include <vector>

namespace {

class Chatty final : public study::StudyObserver {
 public:
  Chatty(study::PluginHost host, const boost::json::object&) : host_(host) {}

  void on_study_start(const study::StudyStart&) override {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([this] {
        for (int message = 0; message < 100; ++message) {
          host_.log(study::LogSeverity::warning, "hello", "thread");
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  void on_experiment_state(const study::ExperimentEvent&) override {}
  void on_study_end(const study::StudyEnd&) override {}

 private:
  study::PluginHost host_;
};

}  // namespace

STUDY_EXPORT_OBSERVER(Chatty, .name = "logs_from_a_thread", .version = "1.0.0",
                      .description = "Logs from threads.")
