/// All that a report shows of a study, gathered from its checkpoint and what lies beside it.
#pragma once

#include "input/readers.hpp"
#include "report/attempt_history.hpp"
#include "report/dimensions.hpp"
#include "report/log_tails.hpp"
#include "report/result_columns.hpp"
#include "status/study_status.hpp"
#include "terminal/host_log.hpp"

#include <study/manifest.hpp>
#include <study/timestamp.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// Of larger studies: the ends of failed runs' logs alone, and fewer fields of the results.
inline constexpr std::size_t kManyRuns = 250'000;

/// A letter for each state of a run: `completed`, `failed`, `running`, `interrupted`, `pending`.
enum class RunState : char {
  completed = 'c',
  failed = 'f',
  running = 'r',
  interrupted = 'i',
  pending = 'p',
};

/// The run of the manifest's entry in the same place.
struct ReportRun {
  std::uint32_t configuration = 0;
  RunState state = RunState::pending;
  std::optional<study::Timestamp> started_at;
  std::optional<study::Timestamp> ended_at;  ///< of an interrupted one, at the latest
  std::int32_t slot = -1;                    ///< -1: not known
  bool has_log = false;
};

struct EarlierAttempt {
  std::uint32_t run;
  Attempt attempt;
};

struct ReportData {
  const study::StudyManifest& manifest;  ///< the view's
  std::string status;                    ///< `status_word`
  bool is_over = true;
  study::Timestamp made_at;
  study::Timestamp until;  ///< where the time of the study ends, up to now
  int cycles = 1;
  std::vector<std::string_view> hashes;  ///< of the configurations, in order of appearance
  std::vector<ReportRun> runs;
  std::vector<EarlierAttempt> earlier;
  SweptFields swept;
  ResultColumns results;
  std::vector<LogTail> logs;       ///< in the order of the runs
  std::vector<std::string> notes;  ///< what is not in it, for people
  Readers readers;                 ///< who can read all that it was made of
};

/// Everything that can't be read is left out and noted, but for the checkpoint. Names lead to files
/// in the study's directory or nowhere: no link is followed, nothing is waited for, and of each
/// file no more than a stated size is held. Time and memory are linear in the runs and the bytes of
/// the results.
[[nodiscard]] ReportData gather_report(const StudyView& view, const AttemptHistory& history,
                                       HostLog& log);

/// The stem of the files of the run in that place; empty where it isn't known.
[[nodiscard]] std::string stem_of(const ReportData& data, std::size_t run);

}  // namespace host
