#include "status/study_status.hpp"

#include "base/format.hpp"
#include "plan/dry_run.hpp"
#include "run/estimate.hpp"
#include "terminal/durations.hpp"
#include "terminal/terminal.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <map>
#include <string_view>

namespace host {
namespace {

using std::chrono::microseconds;
using study::ExperimentState;
using study::ManifestEntry;
using study::StudyManifest;
using study::StudyStatus;
using study::WriterState;

constexpr std::size_t kMinWidth = 20;
constexpr std::size_t kMaxBarWidth = 100;

/// Lines that fit a width.
class Page {
 public:
  explicit Page(std::size_t width) : width_(width) {}

  void line(std::string_view text) { text_.append(fit_columns(text, width_)).append("\n"); }
  /// For what is of no use when it is cut.
  void whole_line(std::string_view text) { text_.append(text).append("\n"); }

  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::size_t width_;
  std::string text_;
};

std::size_t count(const StudyView& view, ExperimentState state) {
  const auto& entries = view.manifest.experiments;
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(),
                    [state](const ManifestEntry& entry) { return entry.status == state; }));
}

std::string writer_text(const study::WriterStatus& status) {
  if (!status.writer) return "another process";
  return "pid " + std::to_string(status.writer->pid) + " on " + study::visible(status.writer->host);
}

/// Where the directory is not on this machine, nothing can be resumed here.
std::string_view resume_hint(const StudyView& view) {
  return view.study_dir.empty() ? "" : "; resume with:";
}

std::string resume_command(const StudyView& view) {
  return "study-host run --resume " + shell_quote(view.study_dir);
}

/// Where the manifest says `running`.
std::string unfinished_state(const StudyView& view) {
  switch (view.writer.state) {
    case WriterState::alive:
      return "running, " + writer_text(view.writer) +
             (view.writer.writer ? " since " + time_text(view.writer.writer->started_at) : "");
    case WriterState::gone: {
      const std::size_t running = count(view, ExperimentState::running);
      return study::format("interrupted without notice, {} {} running{}",
                           running == 0 ? "nothing" : std::to_string(running),
                           running < 2 ? "was" : "were", resume_hint(view));
    }
    case WriterState::none:
      return "running, unless its writer died: there is no lock that would tell";
    case WriterState::unknown:
      break;
  }
  const std::string who = view.writer.writer ? writer_text(view.writer) : std::string("its writer");
  return "running, unless " + who + " died: that can't be told from here";
}

/// A writer that came after the end: it reads the checkpoint, and has not published its own yet.
bool is_being_resumed(const StudyView& view) {
  const study::ManifestHead& head = view.manifest.head;
  return head.status != StudyStatus::running && head.completed_at &&
         view.writer.state == WriterState::alive && view.writer.writer &&
         view.writer.writer->started_at > *head.completed_at;
}

std::string state_text(const StudyView& view) {
  const StudyStatus status = view.manifest.head.status;
  if (status == StudyStatus::running) return unfinished_state(view);
  const std::string& foreign = view.manifest.head.foreign_status;
  std::string text = foreign.empty() ? std::string(to_string(status)) : study::visible(foreign);
  if (is_being_resumed(view)) return text + ", being resumed by " + writer_text(view.writer);
  if (view.writer.state == WriterState::alive) {
    return text + "; " + writer_text(view.writer) + " has not left yet";
  }
  return status == StudyStatus::completed ? text : text + std::string(resume_hint(view));
}

bool needs_resume(const StudyView& view) {
  return !view.study_dir.empty() && is_over(view) &&
         view.manifest.head.status != StudyStatus::completed &&
         view.writer.state != WriterState::alive;
}

/// What is counted as pending and called something else by who wrote it: `, 3 of them skipped`.
std::string foreign_states_text(const StudyView& view) {
  std::map<std::string_view, std::size_t> counts;
  for (const ManifestEntry& entry : view.manifest.experiments) {
    if (!entry.foreign_status.empty()) ++counts[entry.foreign_status];
  }
  std::string text;
  for (const auto& [word, entries] : counts) {
    text += study::format(", {} of them {}", entries, study::visible(word));
  }
  return text;
}

std::string counters_text(const StudyView& view) {
  const study::ManifestCounters counters = study::count_entries(view.manifest);
  const std::size_t running = is_over(view) ? 0 : count(view, ExperimentState::running);
  return study::format("{} completed, {} failed, {} pending{}{} of {}", counters.completed,
                       counters.failed, counters.pending,
                       running > 0 ? study::format(" ({} running)", running) : "",
                       foreign_states_text(view), view.manifest.experiments.size());
}

/// `[#####x>>.....]  45%`: completed, failed, running, the rest.
std::string bar_text(const StudyView& view, std::size_t width) {
  const std::size_t total = view.manifest.experiments.size();
  const std::size_t cells = width - 2 - std::string_view(" 100%").size();
  std::string bar = "[";
  std::size_t sum = 0;
  // Rounded down as a sum, so that the bar is full only when everything is done.
  const auto append = [&](ExperimentState state, char mark) {
    sum += count(view, state);
    bar.append(1 + sum * cells / total - bar.size(), mark);
  };
  append(ExperimentState::completed, '#');
  append(ExperimentState::failed, 'x');
  const std::size_t percent = sum * 100 / total;
  if (!is_over(view)) append(ExperimentState::running, '>');
  bar.append(1 + cells - bar.size(), '.');
  return study::format("{}]{:4}%", bar, percent);
}

std::string times_text(const StudyView& view) {
  const study::ManifestHead& head = view.manifest.head;
  std::string text = "started " + time_text(head.started_at);
  if (head.completed_at) {
    return text + ", ended " + time_text(*head.completed_at) + " after " +
           elapsed_text(std::max(*head.completed_at - head.started_at, microseconds(0)));
  }
  return text + ", " + age_text(view.now - head.started_at) + " ago";
}

std::string estimate_text(const StudyView& view) {
  const ExperimentTimes times = experiment_times(view.manifest, view.now);
  const auto mean = times.mean();
  if (!mean) return {};
  const std::size_t at_once = times.running_for.size();
  const auto left = times.estimate(at_once);
  std::string text = elapsed_text(*mean) + " an experiment on average";
  if (is_over(view) || !left) return text;
  return study::format("{}, about {} left{}", text, left_text(*left),
                       at_once > 1 ? study::format(" with {} at once", at_once) : "");
}

/// On two lines where one is too narrow: the state matters more than the end of a long name.
void append_title(Page& page, const StudyView& view) {
  const std::string name = study::visible(view.manifest.head.study_name) + ":";
  const std::string state = state_text(view);
  if (column_count(name) + 1 + column_count(state) <= page.width()) {
    page.line(name + " " + state);
  } else {
    page.line(name);
    page.line("  " + state);
  }
  if (needs_resume(view)) page.whole_line("  " + resume_command(view));
  if (!view.directory_there.empty()) {
    page.whole_line(
        study::format("  {}{}", view.host.empty() ? "" : "on " + study::visible(view.host) + " in ",
                      study::visible(view.directory_there)));
  }
}

/// The latest was shown.
void append_namesakes(Page& page, const StudyView& view) {
  if (view.namesakes == 0) return;
  page.line("");
  page.line(study::format("{} earlier {} of this name: study-host list --config has them",
                          view.namesakes, view.namesakes == 1 ? "study" : "studies"));
}

constexpr std::size_t kMaxListed = 20;
constexpr std::size_t kSinceColumns = 22;
/// `59 min 59 s`: so that a redrawn column keeps its place.
constexpr std::size_t kMinAgeColumns = 11;

/// The first entries in a state, and how many there are in all.
struct Listed {
  std::vector<const ManifestEntry*> entries;
  std::size_t count = 0;
};

Listed list_entries(const StudyManifest& manifest, ExperimentState state) {
  Listed listed;
  for (const ManifestEntry& entry : manifest.experiments) {
    if (entry.status != state) continue;
    if (listed.count++ < kMaxListed) listed.entries.push_back(&entry);
  }
  return listed;
}

void append_more(Page& page, const Listed& listed) {
  if (listed.count == listed.entries.size()) return;
  page.line(study::format("  … and {} more (see {})", listed.count - listed.entries.size(),
                          study::kManifestFileName));
}

/// The column of cycles, which is left out where there is only one.
class CycleColumn {
 public:
  explicit CycleColumn(const StudyManifest& manifest)
      : shown_(std::any_of(manifest.experiments.begin(), manifest.experiments.end(),
                           [](const ManifestEntry& entry) { return entry.cycle > 1; })) {}

  [[nodiscard]] bool shown() const { return shown_; }
  [[nodiscard]] std::string heading() const { return shown_ ? "cycle  " : ""; }
  [[nodiscard]] std::string cell(const ManifestEntry& entry) const {
    return shown_ ? study::format("{:5}  ", entry.cycle) : "";  // as wide as its heading
  }

 private:
  bool shown_;
};

std::string error_text(const ManifestEntry& entry) {
  const std::string type = study::visible(entry.error_type.value_or("Error"));
  return entry.error_message ? type + ": " + study::visible(*entry.error_message) : type;
}

/// For how long an entry has been running, and `?` where its start isn't known.
std::string running_text(const ManifestEntry& entry, study::Timestamp now) {
  return entry.started_at ? age_text(now - *entry.started_at) : "?";
}

void append_failure_table(Page& page, const Listed& failures, const CycleColumn& cycles,
                          std::size_t title_columns) {
  page.line("  " + cycles.heading() + pad_columns("experiment", title_columns) + "  error");
  for (const ManifestEntry* entry : failures.entries) {
    page.line("  " + cycles.cell(*entry) +
              pad_columns(study::visible(entry->config_summary), title_columns) + "  " +
              error_text(*entry));
  }
}

void append_failure_pairs(Page& page, const Listed& failures, const CycleColumn& cycles) {
  for (const ManifestEntry* entry : failures.entries) {
    const std::string cycle = cycles.shown() ? ", cycle " + std::to_string(entry->cycle) : "";
    const std::size_t room = page.width() - 2 - std::min(page.width() - 2, cycle.size());
    page.line("  " + fit_columns(study::visible(entry->config_summary), room) + cycle);
    page.line("    " + error_text(*entry));
  }
}

/// A heading and a table; nothing if nothing is running. Long lists are cut, and say so.
void append_running(Page& page, const StudyView& view) {
  const Listed running = list_entries(view.manifest, ExperimentState::running);
  if (running.count == 0) return;
  const CycleColumn cycles(view.manifest);
  const bool over = is_over(view);  // then nobody knows until when they ran
  std::size_t age_columns = kMinAgeColumns;
  for (const ManifestEntry* entry : running.entries) {
    age_columns = std::max(age_columns, running_text(*entry, view.now).size());
  }
  const auto age_cell = [&](const std::string& age) {
    return over ? "" : pad_columns(age, age_columns + 2);
  };
  page.line("");
  page.line(over ? "was running" : "running");
  page.line("  " + pad_columns("since", kSinceColumns) + age_cell("for") + cycles.heading() +
            "experiment");
  for (const ManifestEntry* entry : running.entries) {
    const std::string since = entry->started_at ? time_text(*entry->started_at) : "?";
    page.line("  " + pad_columns(since, kSinceColumns) + age_cell(running_text(*entry, view.now)) +
              cycles.cell(*entry) + study::visible(entry->config_summary));
  }
  append_more(page, running);
}

/// The same for failures: a table if its lines fit, else two lines for each.
void append_failures(Page& page, const StudyView& view) {
  const Listed failures = list_entries(view.manifest, ExperimentState::failed);
  if (failures.count == 0) return;
  const CycleColumn cycles(view.manifest);
  std::size_t title_columns = std::string_view("experiment").size();
  std::size_t error_columns = 0;
  for (const ManifestEntry* entry : failures.entries) {
    title_columns = std::max(title_columns, column_count(study::visible(entry->config_summary)));
    error_columns = std::max(error_columns, column_count(error_text(*entry)));
  }
  page.line("");
  page.line("failed");
  if (4 + cycles.heading().size() + title_columns + error_columns <= page.width()) {
    append_failure_table(page, failures, cycles, title_columns);
  } else {
    append_failure_pairs(page, failures, cycles);
  }
  append_more(page, failures);
}

}  // namespace

bool is_over(const StudyView& view) {
  if (view.manifest.head.status == StudyStatus::running) {
    return view.writer.state == WriterState::gone;
  }
  return !is_being_resumed(view);
}

bool is_being_left(const StudyView& view) {
  return is_over(view) && view.writer.state == WriterState::alive;
}

std::string status_text(const StudyView& view, std::size_t width) {
  Page page(std::max(width, kMinWidth));
  append_title(page, view);
  page.line("");
  if (!view.manifest.experiments.empty()) {
    page.line("  " + bar_text(view, std::min(page.width() - 2, kMaxBarWidth)));
  }
  page.line("  " + counters_text(view));
  page.line("  " + times_text(view));
  if (const std::string text = estimate_text(view); !text.empty()) page.line("  " + text);
  append_running(page, view);
  append_failures(page, view);
  append_namesakes(page, view);
  return page.take();
}

std::string status_word(const StudyView& view) {
  const study::ManifestHead& head = view.manifest.head;
  if (is_being_resumed(view)) return "running";
  if (head.status != StudyStatus::running) {
    return head.foreign_status.empty() ? std::string(to_string(head.status))
                                       : study::visible(head.foreign_status);
  }
  if (view.writer.state == WriterState::alive) return "running";
  return view.writer.state == WriterState::gone ? "interrupted" : "running?";
}

std::string status_line(const StudyView& view) {
  return study::format("{}: {}, {}{}", study::visible(view.manifest.head.study_name),
                       counters_text(view), state_text(view),
                       needs_resume(view) ? " " + resume_command(view) : "");
}

}  // namespace host
