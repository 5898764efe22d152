#include "status/status.hpp"

#include "plan/dry_run.hpp"
#include "run/pace.hpp"
#include "status/page.hpp"
#include "status/status_lists.hpp"
#include "terminal/clock_text.hpp"
#include "terminal/seconds_text.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <cstdio>
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
             (view.writer.writer ? " since " + second_text(view.writer.writer->started_at) : "");
    case WriterState::gone: {
      const std::size_t running = measure_pace(view.manifest, view.now).running;
      const std::string count = running == 0 ? "nothing" : std::to_string(running);
      return "interrupted without notice, " + count + (running < 2 ? " was" : " were") +
             " running" + std::string(resume_hint(view));
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
  std::string text(to_string(status));
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

std::string counters_text(const StudyView& view) {
  const study::ManifestCounters counters = study::count_entries(view.manifest);
  const std::size_t running = measure_pace(view.manifest, view.now).running;
  std::string text = std::to_string(counters.completed) + " completed, " +
                     std::to_string(counters.failed) + " failed, " +
                     std::to_string(counters.pending) + " pending";
  if (running > 0 && !is_over(view)) text += " (" + std::to_string(running) + " running)";
  return text + " of " + std::to_string(view.manifest.experiments.size());
}

/// `[#####x>>.....]  45%`: completed, failed, running, the rest.
std::string bar_text(const StudyView& view, std::size_t width) {
  const StudyManifest& manifest = view.manifest;
  const auto count = [&](ExperimentState state) {
    return static_cast<std::size_t>(
        std::count_if(manifest.experiments.begin(), manifest.experiments.end(),
                      [state](const ManifestEntry& entry) { return entry.status == state; }));
  };
  const std::size_t total = manifest.experiments.size();
  const std::size_t cells = width - 2 - std::string_view(" 100%").size();
  std::string bar = "[";
  std::size_t sum = 0;
  // Rounded down as a sum, so that the bar is full only when everything is done.
  const auto append = [&](ExperimentState state, char mark) {
    sum += count(state);
    bar.append(1 + sum * cells / total - bar.size(), mark);
  };
  append(ExperimentState::completed, '#');
  append(ExperimentState::failed, 'x');
  const std::string percent = std::to_string(sum * 100 / total) + "%";
  if (!is_over(view)) append(ExperimentState::running, '>');
  bar.append(1 + cells - bar.size(), '.');
  return bar + "]" + std::string(5 - percent.size(), ' ') + percent;
}

std::string times_text(const StudyView& view) {
  const study::ManifestHead& head = view.manifest.head;
  std::string text = "started " + second_text(head.started_at);
  if (head.completed_at) {
    return text + ", ended " + second_text(*head.completed_at) + " after " +
           elapsed_text(std::max(*head.completed_at - head.started_at, microseconds(0)));
  }
  return text + ", " + age_text(view.now - head.started_at) + " ago";
}

std::string pace_text(const StudyView& view) {
  const Pace pace = measure_pace(view.manifest, view.now);
  if (!pace.mean) return {};
  std::string text = elapsed_text(*pace.mean) + " an experiment on average";
  if (is_over(view) || !pace.left) return text;
  text += ", about " + estimate_text(*pace.left) + " left";
  if (pace.running > 1) text += " with " + std::to_string(pace.running) + " at once";
  return text;
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
  if (const std::string pace = pace_text(view); !pace.empty()) page.line("  " + pace);
  append_running(page, view);
  append_failures(page, view);
  return page.take();
}

std::string status_line(const StudyView& view) {
  std::string line = study::visible(view.manifest.head.study_name) + ": " + counters_text(view) +
                     ", " + state_text(view);
  return needs_resume(view) ? line + " " + resume_command(view) : line;
}

std::string status_json(const StudyView& view) {
  std::string eta = "null";
  const Pace pace = measure_pace(view.manifest, view.now);
  if (pace.left && !is_over(view)) {
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(*pace.left).count();
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", static_cast<double>(milliseconds) / 1000);
    eta = text;
  }
  return "{\"manifest\": " + study::render_manifest(view.manifest) + ", \"writer\": \"" +
         std::string(to_string(view.writer.state)) + "\", \"eta_seconds\": " + eta + "}\n";
}

}  // namespace host
