#include "plan/dry_run.hpp"

#include "base/format.hpp"
#include "terminal/durations.hpp"

#include <study/flatten.hpp>
#include <study/identity.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace host {
namespace {

constexpr std::size_t kShownRuns = 60;  ///< of more, the first and the last ones
constexpr std::size_t kShownLastRuns = 3;
constexpr std::size_t kShownValues = 12;
constexpr std::size_t kShownValueBytes = 200;

/// Lines, and parts with a label that stands once, their entries aligned behind it.
class PlanText {
 public:
  void line(const std::string& text) { text_ += text + "\n"; }

  void begin_part(std::string_view label) { label_ = label; }
  void entry(const std::string& text) {
    line(study::format("  {:<14}{}", std::exchange(label_, {}), study::visible(text)));
  }
  void part(std::string_view label, const std::string& text) {
    begin_part(label);
    entry(text);
  }
  /// Whether the part that has begun has no entry yet.
  [[nodiscard]] bool is_part_empty() const { return !label_.empty(); }

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
  std::string_view label_;  ///< still to be shown
};

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./,:=@%+").find(c) != std::string_view::npos;
}

/// Of a long text its first lines, and how long it is.
std::string shortened(std::string_view text) {
  const std::string_view shown = study::truncate_utf8(text, kShownValueBytes);
  if (shown.size() == text.size()) return std::string(text);
  return study::format("{}… ({} bytes)", shown, text.size());
}

/// A field of the configurations, and the values that it has in them.
struct Field {
  std::string key;                        ///< dotted where it is nested: `pytorch.batch_size`
  std::vector<std::string> values;        ///< JSON text, strings bare, in order of first appearance
  std::unordered_set<std::string> known;  ///< canonical text of these, so that 1 and "1" differ
  boost::json::string last;               ///< text that has been looked at
  std::size_t n_configs = 0;              ///< that have it
};

/// Every field that any configuration has, in order of first appearance. Linear in the total size
/// of the configurations.
std::vector<Field> collect_fields(const PreparedStudy& study) {
  std::vector<Field> fields;
  std::unordered_map<std::string, std::size_t> places;
  const auto add = [&](std::string_view key, const boost::json::value& value) {
    const auto [place, is_new] = places.emplace(key, fields.size());
    if (is_new) fields.push_back({std::string(key), {}, {}});
    Field& field = fields[place->second];
    ++field.n_configs;
    // A long text that all share is looked at once.
    if (const boost::json::string* const shared = value.if_string()) {
      if (!field.known.empty() && field.last == *shared) return;
      field.last = *shared;
    }
    const std::string text = study::canonical_json(value);
    if (!field.known.insert(text).second) return;
    field.values.push_back(
        shortened(value.is_string() ? std::string_view(value.get_string()) : text));
  };
  for (std::size_t i = 0; i < study.plan().configurations.size(); ++i) {
    study::flatten(*study::AllFields(study.experiment(i)), add);
  }
  return fields;
}

std::string counted(std::size_t count, const std::string& noun) {
  return study::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string order_text(const Execution& execution) {
  switch (execution.cycle_order) {
    case CycleOrder::sequential:
      return "sequential";
    case CycleOrder::interleaved:
      return "interleaved";
    case CycleOrder::reverse:
      return "reverse: every second cycle backwards";
    case CycleOrder::latin_square:
      return "latin_square";
    case CycleOrder::shuffled:
      break;
  }
  const auto& seed = execution.shuffle_seed;
  return "shuffled, seed " + (seed ? std::to_string(*seed) : "from the design hash");
}

std::string gaps_text(const Execution& execution) {
  using std::chrono::milliseconds;
  std::string text;
  if (execution.experiment_gap > milliseconds(0)) {
    text = limit_text(execution.experiment_gap) + " between experiments";
  }
  if (execution.cycle_gap > milliseconds(0)) {
    if (!text.empty()) text += ", ";
    text += limit_text(execution.cycle_gap) +
            (execution.experiment_gap > milliseconds(0) ? " more" : "") + " between rounds";
  }
  return text.empty() ? "none" : text;
}

// Being absent counts as a value.
void append_varying(PlanText& plan, const PreparedStudy& study) {
  plan.begin_part("varies");
  for (const Field& field : collect_fields(study)) {
    const bool is_absent_in_some = field.n_configs < study.plan().configurations.size();
    if (field.values.size() < 2 && !is_absent_in_some) continue;
    std::string text = field.key + ": ";
    for (std::size_t i = 0; i < field.values.size() && i < kShownValues; ++i) {
      text += (i > 0 ? ", " : "") + field.values[i];
    }
    if (field.values.size() > kShownValues) {
      text += study::format(", … ({} in all)", field.values.size());
    }
    if (is_absent_in_some) text += "; absent in some";
    plan.entry(text);
  }
  if (plan.is_part_empty()) plan.entry("nothing");
}

void append_runners(PlanText& plan, const PreparedStudy& study) {
  plan.begin_part("runners");
  for (const auto& [backend, runner] : study.runners) {
    if (!runner.problem.empty()) continue;
    std::string text = backend + ":";
    for (const auto* arguments : {&runner.launcher, &runner.command}) {
      for (const std::string& argument : *arguments) {
        text += " " + shortened(shell_quote(argument));
      }
    }
    if (runner.timeout) text += " (at most " + limit_text(*runner.timeout) + ")";
    plan.entry(text);
  }
  for (const std::string& sentence : missing_runners(study)) plan.entry(sentence);
}

void append_observers(PlanText& plan, const std::vector<study::ConfiguredObserver>& observers) {
  plan.begin_part("observers");
  for (const study::ConfiguredObserver& observer : observers) {
    plan.entry(study::format("{} {}, {}", observer.library.name(), observer.library.version(),
                             observer.library.path().string()));
  }
  if (plan.is_part_empty()) plan.entry("none: no checkpoint is kept");
}

std::string title(const PreparedStudy& study, const ScheduledRun& run) {
  std::string text = study.plan().configurations[run.configuration].config_summary;
  if (study.plan().n_cycles > 1) text += study::format(", cycle {}", run.cycle);
  return text;
}

/// `text_of(i)` for each of `count`, numbered; of many the first and the last ones.
template <class TextOf>
void append_numbered(PlanText& plan, std::string_view label, std::size_t count,
                     const TextOf& text_of) {
  const std::size_t width = std::to_string(count).size();
  plan.begin_part(label);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kShownLastRuns == kShownRuns && count > kShownRuns) {
      plan.entry(std::string(width, ' ') + " …");
      i = count - kShownLastRuns;
    }
    plan.entry(study::format("{:>{}} {}", i + 1, width, text_of(i)));
  }
}

void append_runs(PlanText& plan, const PreparedStudy& study) {
  append_numbered(plan, "runs", study.schedule.size(), [&](std::size_t i) {
    const ScheduledRun& run = study.schedule[i];
    const auto pause =
        i == 0 ? std::chrono::milliseconds(0) : pause_before(run, study.file.execution);
    return title(study, run) +
           (pause.count() > 0 ? study::format(", after {}", limit_text(pause)) : std::string());
  });
  if (plan.is_part_empty()) plan.entry("none: nothing is left");
}

void append_resumed(PlanText& plan, const PreparedStudy& study, const ResumedPlan& resumed) {
  plan.part("goes on in", resumed.study_dir.string());
  plan.begin_part("state");
  for (const std::string& remark : resumed.remarks) plan.entry(remark);
  append_numbered(plan, "done", resumed.done.size(), [&](std::size_t i) {
    const ResumedPlan::Done& done = resumed.done[i];
    return study::format("{}: {}", to_string(done.state), title(study, done.run));
  });
  if (plan.is_part_empty()) plan.entry("nothing");
}

}  // namespace

std::string shell_quote(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') quoted += "'\\'";  // the quotes end, `\'` stands alone, and they begin again
    quoted += c;
  }
  return quoted + "'";
}

std::string describe_plan(const PreparedStudy& study,
                          const std::vector<study::ConfiguredObserver>& observers,
                          const std::optional<ResumedPlan>& resumed) {
  PlanText plan;
  plan.line(study::format("{}: {} × {} = {}", study::visible(study.config.study_name),
                          counted(study.plan().configurations.size(), "configuration"),
                          counted(static_cast<std::size_t>(study.plan().n_cycles), "cycle"),
                          counted(study.plan().total_runs(), "run")));
  plan.part("design hash", study.plan().study_design_hash);
  append_varying(plan, study);
  plan.part("order", order_text(study.file.execution));
  plan.part("gaps", gaps_text(study.file.execution));
  plan.part("jobs", std::to_string(study.jobs));
  append_runners(plan, study);
  append_observers(plan, observers);
  if (resumed) {
    append_resumed(plan, study, *resumed);
  } else {
    plan.part("results in", study.host.results_dir.string());
  }
  append_runs(plan, study);
  plan.line("Dry run: nothing was run, nothing was created.");
  return std::move(plan).take();
}

}  // namespace host
