/// `study-host run STUDY [--config HOST.json] [--jobs N] [--dry-run] [--log-level LEVEL]`
/// `study-host run [STUDY] --resume DIR [--force] [--skip-failed] [--rebuild] …`
#pragma once

#include "plan/prepared_study.hpp"
#include "resume/open_study.hpp"

#include <study/log.hpp>

namespace CLI {
class App;
}

namespace host {

struct RunOptions {
  StudyOptions study;
  ResumeOptions resume;
  bool dry_run = false;
  study::LogSeverity log_level = study::LogSeverity::warning;
};

/// Adds the command to `app`; parsing fills `options`, which outlives `app`.
CLI::App* set_up_run(CLI::App& app, RunOptions& options);

/// Returns the exit code. stdout gets one line, the study directory, as soon as the study has
/// started. Throws `study::InputError` and `study::StudyError` for what keeps it from starting; a
/// changed study is described on stderr before.
[[nodiscard]] int run_study(RunOptions options);

}  // namespace host
