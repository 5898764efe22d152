#include "plan/dry_run.hpp"

#include "plan/shell_quote.hpp"
#include "plan/varying_fields.hpp"
#include "terminal/seconds_text.hpp"

#include <study/text.hpp>

#include <string_view>

namespace host {
namespace {

constexpr std::size_t kShownRunsAtEachEnd = 3;
constexpr std::size_t kShownValues = 12;

/// A labelled part of the plan: the label once, its lines aligned behind it.
class PlanText {
 public:
  void line(const std::string& text) { text_ += text + "\n"; }

  void entry(std::string_view label, const std::string& text) {
    std::string start = "  " + std::string(label);
    start.resize(kIndent, ' ');
    line(start + study::visible(text));
  }

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  static constexpr std::size_t kIndent = 16;
  std::string text_;
};

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string order_text(const StudyFile& file) {
  switch (file.execution.cycle_order) {
    case CycleOrder::sequential:
      return "sequential";
    case CycleOrder::interleaved:
      return "interleaved";
    case CycleOrder::shuffled:
      break;
  }
  const auto& seed = file.execution.shuffle_seed;
  return "shuffled, seed " + (seed ? std::to_string(*seed) : "from the design hash");
}

std::string gaps_text(const Execution& execution) {
  using std::chrono::milliseconds;
  std::string text;
  if (execution.experiment_gap > milliseconds(0)) {
    text = seconds_text(execution.experiment_gap) + " between experiments";
  }
  if (execution.cycle_gap > milliseconds(0)) {
    if (!text.empty()) text += ", ";
    text += seconds_text(execution.cycle_gap) + " between rounds";
  }
  return text.empty() ? "none" : text;
}

void append_varying(PlanText& plan, const PreparedStudy& study) {
  std::vector<const boost::json::object*> configs;
  for (std::size_t i = 0; i < study.plan.configurations.size(); ++i) {
    configs.push_back(&study.fields(i));
  }
  std::string_view label = "varies";
  for (const VaryingField& field : varying_fields(configs)) {
    std::string text = field.key + ": ";
    for (std::size_t i = 0; i < field.values.size() && i < kShownValues; ++i) {
      text += (i > 0 ? ", " : "") + field.values[i];
    }
    if (field.values.size() > kShownValues) {
      text += ", … (" + std::to_string(field.values.size()) + " in all)";
    }
    if (field.is_absent_in_some) text += "; absent in some";
    plan.entry(label, text);
    label = "";
  }
  if (!label.empty()) plan.entry(label, "nothing");
}

void append_runners(PlanText& plan, const PreparedStudy& study) {
  std::string_view label = "runners";
  for (const auto& [backend, runner] : study.runners) {
    if (!runner.problem.empty()) continue;
    std::string text = backend + ":";
    for (const std::string& argument : runner.command) text += " " + shell_quote(argument);
    if (runner.timeout) text += " (at most " + seconds_text(*runner.timeout) + ")";
    plan.entry(label, text);
    label = "";
  }
  for (const std::string& sentence : missing_runners(study)) {
    plan.entry(label, sentence);
    label = "";
  }
}

void append_observers(PlanText& plan, const std::vector<study::ConfiguredObserver>& observers) {
  std::string_view label = "observers";
  for (const study::ConfiguredObserver& observer : observers) {
    plan.entry(label, std::string(observer.library.name()) + " " +
                          std::string(observer.library.version()) + ", " +
                          observer.library.path().string());
    label = "";
  }
  if (!label.empty()) plan.entry(label, "none: no checkpoint is kept");
}

void append_runs(PlanText& plan, const PreparedStudy& study) {
  const std::size_t total = study.schedule.size();
  const std::size_t width = std::to_string(total).size();
  std::string_view label = "runs";
  for (std::size_t i = 0; i < total; ++i) {
    if (i == kShownRunsAtEachEnd && total > 2 * kShownRunsAtEachEnd + 1) {
      plan.entry("", std::string(width, ' ') + " …");
      i = total - kShownRunsAtEachEnd;
    }
    std::string number = std::to_string(i + 1);
    number.insert(0, width - number.size(), ' ');
    std::string text =
        number + " " + study.plan.configurations[study.schedule[i].configuration].config_summary;
    if (study.plan.n_cycles > 1) text += ", cycle " + std::to_string(study.schedule[i].cycle);
    plan.entry(label, text);
    label = "";
  }
}

}  // namespace

std::string describe_plan(const PreparedStudy& study,
                          const std::vector<study::ConfiguredObserver>& observers) {
  PlanText plan;
  plan.line(study::visible(study.config.study_name) + ": " +
            counted(study.plan.configurations.size(), "configuration") + " × " +
            counted(static_cast<std::size_t>(study.plan.n_cycles), "cycle") + " = " +
            counted(study.plan.total_runs(), "run"));
  plan.entry("design hash", study.plan.study_design_hash);
  append_varying(plan, study);
  plan.entry("order", order_text(study.file));
  plan.entry("gaps", gaps_text(study.file.execution));
  plan.entry("jobs", std::to_string(study.jobs));
  append_runners(plan, study);
  append_observers(plan, observers);
  plan.entry("results in", study.host.results_dir.string());
  append_runs(plan, study);
  plan.line("Dry run: nothing was run, nothing was created.");
  return std::move(plan).take();
}

}  // namespace host
