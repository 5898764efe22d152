#include "report/report_data.hpp"

#include "base/format.hpp"
#include "report/study_files.hpp"

#include <algorithm>
#include <utility>

namespace host {
namespace {

using study::ExperimentState;
using study::ManifestEntry;

constexpr std::size_t kMaxNumberFields = 64;
constexpr std::size_t kMaxTextFields = 16;
constexpr std::size_t kFieldsOfManyRuns = 16;

RunState state_of(const ManifestEntry& entry, bool is_over) {
  switch (entry.status) {
    case ExperimentState::completed:
      return RunState::completed;
    case ExperimentState::failed:
      return RunState::failed;
    case ExperimentState::running:
      return is_over ? RunState::interrupted : RunState::running;
    case ExperimentState::pending:
      break;
  }
  return entry.foreign_status == "interrupted" ? RunState::interrupted : RunState::pending;
}

class Gathering {
 public:
  Gathering(const StudyView& view, const AttemptHistory& history, HostLog& log)
      : view_(view),
        history_(history),
        log_(log),
        files_(view.study_dir),
        data_{.manifest = view.manifest, .made_at = view.now} {}

  ReportData gather() {
    data_.status = status_word(view_);
    data_.is_over = is_over(view_);
    take_entries();
    if (files_.is_there()) {
      files_.count_readers_of(study::kManifestFileName);
      files_.count_readers_of("journal.jsonl");
      take_swept_fields();
    }
    take_history();
    take_times();
    if (files_.is_there()) {
      take_results();
      take_logs();
    } else {
      note("the study's directory is not on this machine: results and logs are not here");
    }
    data_.readers = files_.readers();
    return std::move(data_);
  }

 private:
  void note(std::string text) {
    log_.warning("the report: " + text);
    data_.notes.push_back(std::move(text));
  }

  void take_entries() {
    const auto& entries = view_.manifest.experiments;
    data_.runs.reserve(entries.size());
    for (const ManifestEntry& entry : entries) {
      const auto next = static_cast<std::uint32_t>(data_.hashes.size());
      const auto [place, is_new] = numbers_.emplace(entry.config_hash, next);
      if (is_new) data_.hashes.push_back(entry.config_hash);
      data_.cycles = std::max(data_.cycles, static_cast<int>(entry.cycle));
      data_.runs.push_back(
          {place->second, state_of(entry, data_.is_over), entry.started_at, entry.completed_at});
    }
  }

  void take_swept_fields() {
    auto swept = read_swept_fields(files_.directory(), numbers_, data_.cycles, log_);
    if (swept) {
      data_.swept = *std::move(swept);
      files_.count_readers_of("study.yaml");
      files_.count_readers_of("study.json");
    }
    // Where nobody knows the fields, the summaries tell most of them.
    const bool is_known = std::any_of(data_.swept.names_of.begin(), data_.swept.names_of.end(),
                                      [](std::int32_t names) { return names >= 0; });
    if (!is_known) describe_by_summary();
    if (data_.swept.left_out > 0) {
      note(study::format("{} more fields were swept than the {} that are here",
                         data_.swept.left_out, kMaxDimensions));
    }
  }

  void describe_by_summary() {
    Dimension summaries{"config_summary", false, {}, {}};
    std::unordered_map<std::string_view, std::int32_t> known;
    summaries.of.assign(data_.hashes.size(), -1);
    const auto& entries = view_.manifest.experiments;
    for (std::size_t run = 0; run < entries.size(); ++run) {
      const std::string& summary = entries[run].config_summary;
      const auto next = static_cast<std::int32_t>(summaries.values.size());
      const auto [place, is_new] = known.emplace(summary, next);
      if (is_new) summaries.values.push_back(summary);
      summaries.of[data_.runs[run].configuration] = place->second;
    }
    data_.swept = {};
    data_.swept.names_of.assign(data_.hashes.size(), -1);
    if (summaries.values.size() > 1) data_.swept.dimensions.push_back(std::move(summaries));
  }

  /// The last attempt is the run itself, unless the checkpoint is of another one.
  void take_history() {
    if (!history_.problem.empty()) note("earlier attempts are not all here: " + history_.problem);
    for (std::size_t run = 0; run < data_.runs.size(); ++run) {
      const ManifestEntry& entry = view_.manifest.experiments[run];
      const auto found = history_.runs.find(run_key(entry.config_hash, entry.cycle));
      if (found == history_.runs.end()) continue;
      for (const Attempt& attempt : found->second) {
        if (attempt.started_at == entry.started_at) {
          data_.runs[run].slot = attempt.slot;
        } else {
          data_.earlier.push_back({static_cast<std::uint32_t>(run), attempt});
        }
      }
    }
  }

  /// A study that is over has had its time when the last was heard of it.
  void take_times() {
    const study::ManifestHead& head = view_.manifest.head;
    study::Timestamp last = std::max(head.started_at, head.completed_at.value_or(head.started_at));
    for (const ReportRun& run : data_.runs) {
      last = std::max({last, run.started_at.value_or(last), run.ended_at.value_or(last)});
    }
    for (EarlierAttempt& earlier : data_.earlier) {
      if (earlier.attempt.end == AttemptEnd::none) earlier.attempt.end = AttemptEnd::interrupted;
      last = std::max(last, earlier.attempt.ended_at);
    }
    data_.until = data_.is_over ? last : std::max(last, latest_present(last));
    for (ReportRun& run : data_.runs) {
      if (run.state == RunState::interrupted && run.started_at) run.ended_at = data_.until;
    }
  }

  /// Of a study whose writer can't be asked whether it lives, nothing has been heard for longer
  /// than any run took: then it is not taken to go on for ever.
  [[nodiscard]] study::Timestamp latest_present(study::Timestamp last) const {
    if (view_.writer.state == study::WriterState::alive) return view_.now;
    std::chrono::microseconds longest = std::chrono::seconds(1);
    for (const ReportRun& run : data_.runs) {
      if (run.started_at && run.ended_at) {
        longest = std::max(longest, *run.ended_at - *run.started_at);
      }
    }
    return std::min(view_.now, last + longest);
  }

  void take_results() {
    std::size_t unreadable = 0;
    std::size_t too_large = 0;
    const auto& entries = view_.manifest.experiments;
    for (std::size_t run = 0; run < entries.size(); ++run) {
      const auto& name = entries[run].result_file;
      if (data_.runs[run].state != RunState::completed || !name) continue;
      if (!name->ends_with(".json")) continue;  // somebody's own form
      const study::UniqueFd file =
          is_plain_file_name(*name) ? files_.open(*name) : study::UniqueFd();
      const auto reading = file ? data_.results.add(static_cast<std::uint32_t>(run), file.get())
                                : ResultColumns::Reading::unreadable;
      unreadable += reading == ResultColumns::Reading::unreadable ? 1 : 0;
      too_large += reading == ResultColumns::Reading::too_large ? 1 : 0;
    }
    const bool many = entries.size() > kManyRuns;
    data_.results.keep_commonest(many ? kFieldsOfManyRuns : kMaxNumberFields,
                                 many ? kFieldsOfManyRuns : kMaxTextFields);
    if (unreadable > 0) note(study::format("{} results can't be read", unreadable));
    if (too_large > 0) {
      note(study::format("{} results of more than {} MiB are not read", too_large,
                         kMaxResultBytes >> 20));
    }
    if (data_.results.left_out() > 0) {
      note(study::format("{} fields that fewer results have are left out",
                         data_.results.left_out()));
    }
  }

  /// What has failed comes first, then the latest.
  [[nodiscard]] std::vector<std::uint32_t> runs_by_interest() const {
    std::vector<std::uint32_t> order;
    for (std::uint32_t run = 0; run < data_.runs.size(); ++run) {
      if (data_.runs[run].started_at || data_.runs[run].state == RunState::failed) {
        order.push_back(run);
      }
    }
    const auto rank = [&](std::uint32_t run) {
      return std::pair(!is_troubled(run), data_.runs[run].started_at);
    };
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const auto [calm_a, start_a] = rank(a);
      const auto [calm_b, start_b] = rank(b);
      return calm_a != calm_b ? calm_b : start_a > start_b;
    });
    return order;
  }

  [[nodiscard]] bool is_troubled(std::uint32_t run) const {
    const RunState state = data_.runs[run].state;
    return state == RunState::failed || state == RunState::interrupted;
  }

  void take_logs() {
    const bool many = data_.runs.size() > kManyRuns;
    std::size_t bytes = 0;
    std::size_t left_out = 0;
    for (const std::uint32_t run : runs_by_interest()) {
      const std::string stem = stem_of(data_, run);
      if (stem.empty()) continue;
      const study::UniqueFd file = files_.open(stem + ".log");
      if (!file) continue;
      data_.runs[run].has_log = true;
      const bool troubled = is_troubled(run);
      if (bytes >= kAllTailsBytes || (many && !troubled)) {
        ++left_out;
        continue;
      }
      LogTail tail = read_log_tail(run, file.get(), troubled ? kFailedTailBytes : kTailBytes);
      bytes += tail.text.size();
      data_.logs.push_back(std::move(tail));
    }
    if (left_out > 0) note(study::format("the ends of {} logs are left out", left_out));
    std::sort(data_.logs.begin(), data_.logs.end(),
              [](const LogTail& a, const LogTail& b) { return a.run < b.run; });
  }

  const StudyView& view_;
  const AttemptHistory& history_;
  HostLog& log_;
  StudyFiles files_;
  ReportData data_;
  ConfigurationNumbers numbers_;
};

}  // namespace

ReportData gather_report(const StudyView& view, const AttemptHistory& history, HostLog& log) {
  return Gathering(view, history, log).gather();
}

std::string stem_of(const ReportData& data, std::size_t run) {
  const std::uint32_t configuration = data.runs[run].configuration;
  const std::int32_t names = data.swept.names_of.empty() ? -1 : data.swept.names_of[configuration];
  const ManifestEntry& entry = data.manifest.experiments[run];
  if (names >= 0) {
    return file_stem(data.swept.file_names[static_cast<std::size_t>(names)], entry.config_hash,
                     entry.cycle);
  }
  const auto& result = entry.result_file;
  if (!result || !is_plain_file_name(*result)) return {};
  return result->substr(0, result->rfind('.'));
}

}  // namespace host
