// An observer that does nothing: what a call through the boundary costs by itself.
#include <study/export_observer.hpp>

namespace {

class NoOp final : public study::StudyObserver {
 public:
  NoOp(study::PluginHost, const boost::json::object&) {}
  void on_study_start(const study::StudyStart&) override {}
  void on_experiment_state(const study::ExperimentEvent&) override {}
  void on_study_end(const study::StudyEnd&) override {}
};

}  // namespace

STUDY_EXPORT_OBSERVER(NoOp, .name = "no_op", .version = "1.0.0", .description = "Does nothing.")
