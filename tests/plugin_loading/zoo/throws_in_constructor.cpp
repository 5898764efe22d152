// Its constructor throws.
#include <study/export_observer.hpp>

#include <stdexcept>

namespace {

class Stillborn final : public study::StudyObserver {
 public:
  Stillborn(study::PluginHost, const boost::json::object&) {
    throw std::runtime_error("no licence");
  }
  void on_study_start(const study::StudyStart&) override {}
  void on_experiment_state(const study::ExperimentEvent&) override {}
  void on_study_end(const study::StudyEnd&) override {}
};

}  // namespace

STUDY_EXPORT_OBSERVER(Stillborn, .name = "throws_in_constructor", .version = "1.0.0",
                      .description = "Throws when made.")
