// Prints each transition to the host's log.
#include <study/export_observer.hpp>

#include <string>

class Printer final : public study::StudyObserver {
 public:
  Printer(study::PluginHost host, const boost::json::object& options) : host_(host) {
    if (const auto* prefix = options.if_contains("prefix")) prefix_ = prefix->as_string().c_str();
  }

  void on_study_start(const study::StudyStart& event) override {
    print("start of " + event.config.study_name);
  }
  void on_experiment_state(const study::ExperimentEvent& event) override {
    print(std::string(event.config_hash) + " cycle " + std::to_string(event.cycle) + " is " +
          std::string(study::to_string(event.state)));
  }
  void on_study_end(const study::StudyEnd&) override { print("end"); }

 private:
  void print(const std::string& text) { host_.log(study::LogSeverity::info, prefix_ + text); }

  study::PluginHost host_;
  std::string prefix_;
};

STUDY_EXPORT_OBSERVER(Printer, .name = "printer", .version = "1.0.0",
                      .description = "Prints each transition to the host's log.",
                      .options_schema = R"({"properties": {"prefix": {"type": "string"}}})")
