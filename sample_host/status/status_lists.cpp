#include "status/status_lists.hpp"

#include "terminal/clock_text.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace host {
namespace {

using study::ExperimentState;
using study::ManifestEntry;
using study::StudyManifest;

constexpr std::size_t kMaxListed = 20;
constexpr std::size_t kSinceColumns = 22;
constexpr std::size_t kMinAgeColumns =
    11;                                  // `59 min 59 s`: so that a redrawn column keeps its place
constexpr std::size_t kCycleDigits = 5;  // as wide as its heading

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
  page.line("  … and " + std::to_string(listed.count - listed.entries.size()) + " more (see " +
            std::string(study::kManifestFileName) + ")");
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
    if (!shown_) return {};
    std::string number = std::to_string(entry.cycle);
    number.insert(0, kCycleDigits - std::min(number.size(), kCycleDigits), ' ');
    return number + "  ";
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

}  // namespace

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
    const std::string since = entry->started_at ? second_text(*entry->started_at) : "?";
    page.line("  " + pad_columns(since, kSinceColumns) + age_cell(running_text(*entry, view.now)) +
              cycles.cell(*entry) + study::visible(entry->config_summary));
  }
  append_more(page, running);
}

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

}  // namespace host
