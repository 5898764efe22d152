#include "base/format.hpp"
#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "report/attempt_sources.hpp"
#include "report/report_data.hpp"
#include "report/report_page.hpp"
#include "status/study_list.hpp"
#include "status/study_reader.hpp"
#include "terminal/standard_output.hpp"
#include "terminal/terminal.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/posix.hpp>
#include <study/text.hpp>

#include <array>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kReportFileName = "report.html";
constexpr std::string_view kStandardOutput = "-";

/// Of the file; also where another one lies there than a report, or nothing.
bool begins_as_report(int fd) {
  std::array<char, kReportBeginning.size()> beginning;
  const auto count = study::retry_if_interrupted(
      [&] { return ::pread(fd, beginning.data(), beginning.size(), 0); });
  return count == static_cast<ssize_t>(beginning.size()) &&
         std::string_view(beginning.data(), beginning.size()) == kReportBeginning;
}

/// A result, a manifest or a person's own file must never be lost to a report.
void refuse_other_file(const fs::path& output) {
  const std::string place = output.string();
  std::error_code ignored;
  if (fs::is_directory(output, ignored)) {
    throw study::InputError(place + " is a directory; give a file, such as --output " +
                            (output / kReportFileName).string());
  }
  const study::UniqueFd file = study::open_regular_file(output.c_str(), O_RDONLY);
  if (!file && errno == ENOENT) return;
  if (!file) throw study::InputError(place + ": " + study::open_problem(errno));
  if (begins_as_report(file.get())) return;
  throw study::InputError(place +
                          " is there and is no report, and stays as it is; remove it, or give "
                          "another file with --output");
}

fs::path output_of(const ReportOptions& options, const std::string& study_dir) {
  if (!options.output.empty()) return options.output;
  if (!study_dir.empty()) return fs::path(study_dir) / kReportFileName;
  throw study::InputError(options.study_dir.string() +
                          " is not on this machine; say with --output where the report goes");
}

study::ContentSource parts_of(const ReportData& data) {
  return [parts = report_parts(data), next = std::size_t{0}](std::string& part) mutable {
    if (next == parts.size()) return false;
    part.clear();
    parts[next++](part);
    return true;
  };
}

void write_report(const ReportData& data, const fs::path& output) {
  fs::path folder = output.parent_path();
  if (folder.empty()) folder = ".";
  try {
    study::replace_file(output, parts_of(data), study::Durability::process,
                        mode_of_copy(folder, data.readers));
  } catch (const study::FileError& error) {
    throw study::StudyError(std::string(error.what()) +
                            "; another place is given with --output, and - is stdout");
  }
}

}  // namespace

CLI::App* set_up_report(CLI::App& app, ReportOptions& options) {
  CLI::App* command =
      app.add_subcommand("report", "Make one HTML file of a study, to be opened in a browser");
  require_text(command->add_option("DIR", options.study_dir,
                                   "The study directory; or a folder of some, which are listed"))
      ->type_name("DIR")
      ->required();
  require_text(command->add_option("--output,-o", options.output, "The file; - is stdout"))
      ->type_name("FILE")
      ->default_str("DIR/report.html");
  require_text(command->add_option("--config", options.config,
                                   "Ask the observers of this host config in the place of "
                                   "manifest.json"))
      ->type_name("FILE");
  describe(*command,
           {.usage = {"[OPTIONS] DIR"},
            .description =
                "How far the study is, what has failed and what the failures have in common, when "
                "each run ran, and its results over what was swept: in one file that needs no "
                "network. A running study's is of this moment. A file that is no report is never "
                "replaced.",
            .exit_codes = exit_codes_of_looking(),
            .environment = {observer_path_help(), postgres_help(), no_colour_help()},
            .examples = {{"study-host report results/batch-size_2026-02-27T16-30-00",
                          "Make report.html beside the manifest, and print its path"},
                         {"study-host report results/batch-size_2026-02-27T16-30-00 -o - > r.html",
                          "The same somewhere else"}}});
  return command;
}

int make_report(const ReportOptions& options) {
  Console console(STDERR_FILENO);
  HostLog log(console, study::LogSeverity::warning);
  const auto studies = studies_in_place_of_one(options.study_dir, options.config, log);
  if (!studies.empty()) {
    if (!options.output.empty()) throw several_in_place_of_one(options.study_dir, studies.size());
    print(text_in_place_of_one(options.study_dir, studies));
    return kExitCompleted;
  }
  const auto reader = open_study_directory(options.study_dir, options.config, log);
  const StudyView view = reader->read();
  const bool is_printed = options.output == kStandardOutput;
  const fs::path output = is_printed ? fs::path() : output_of(options, view.study_dir);
  if (!is_printed) refuse_other_file(output);
  const AttemptHistory history = read_attempt_history(options.study_dir, options.config, log);
  const ReportData data = gather_report(view, history, log);
  if (is_printed) {
    const study::ContentSource next_part = parts_of(data);
    for (std::string part; next_part(part);) print(part);
    return kExitCompleted;
  }
  write_report(data, output);
  print(output.string() + "\n");
  return kExitCompleted;
}

}  // namespace host
