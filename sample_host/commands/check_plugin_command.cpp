#include "base/format.hpp"
#include "check_plugin/child.hpp"
#include "check_plugin/report.hpp"
#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "terminal/durations.hpp"
#include "terminal/standard_output.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/observer_search.hpp>

#include <cmath>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

fs::path readable_file(const fs::path& path) {
  const auto refuse = [&](std::string_view reason) {
    throw study::InputError(study::format("{}: {}", path.string(), reason));
  };
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    const fs::path meant = study::nearest_observer(path.stem().string(), {});
    refuse(meant.empty() ? "there is no such file; give the path of the plugin's .so file, as "
                           "`study-host plugins` shows it"
                         : "there is no such file; did you mean " + meant.string() + "?");
  }
  if (error) refuse(error.message());
  if (fs::is_directory(status)) refuse("is a directory; give the plugin's .so file in it");
  if (::access(path.c_str(), R_OK) != 0) {
    refuse("can't be read: " + std::generic_category().message(errno));
  }
  return fs::absolute(path).lexically_normal();
}

/// CLI::Range would let NaN through.
std::chrono::microseconds microseconds(const char* option, double seconds) {
  if (!(seconds >= 0.001 && seconds <= 86'400)) {
    throw study::InputError(std::string(option) + ": must be from 0.001 to 86400 seconds");
  }
  return std::chrono::microseconds(std::llround(seconds * 1e6));
}

CheckOptions checked_options(const CheckPluginOptions& options) {
  const fs::path file = readable_file(options.plugin);
  if (!study::parse_json(options.options, "--options").is_object()) {
    throw study::InputError(
        "--options: must be a JSON object, such as '{\"durability\": \"power\"}'");
  }
  return {file,
          options.options,
          std::chrono::ceil<std::chrono::milliseconds>(
              microseconds("--timeout", options.timeout_seconds)),
          microseconds("--slow", options.slow_seconds),
          options.seed,
          options.only};
}

/// A heading whenever the group changes. Cases that are skipped for the same reason one after the
/// other are one line, or what failed before them would scroll out of sight.
class Printer {
 public:
  void show(const CheckedCase& checked) {
    const CaseResult& result = checked.result;
    const bool is_skipped = result.verdict == Verdict::skip;
    if (is_skipped && result.text == skip_reason_) {
      ++more_skipped_;
      return;
    }
    finish();
    skip_reason_ = is_skipped ? result.text : std::string();
    if (checked.tried.group != group_) {
      group_ = checked.tried.group;
      print(study::format("{}\n", group_));
    }
    print(case_line(checked) + "\n");
  }

  /// Tells of what has been skipped last.
  void finish() {
    if (more_skipped_ > 0) {
      print(study::format("  skip  {} more, for the same reason\n", more_skipped_));
    }
    more_skipped_ = 0;
  }

 private:
  std::string_view group_;
  std::string skip_reason_;
  int more_skipped_ = 0;
};

int check_and_report(const CheckPluginOptions& options) {
  const CheckOptions check = checked_options(options);
  Printer printer;
  const auto begin = std::chrono::steady_clock::now();
  const auto checked = try_cases(check, [&](const auto& one) {
    if (!options.json) printer.show(one);
  });
  if (options.json) {
    print(report_json(check, checked));
  } else {
    printer.finish();
    print(study::format("\n{} in {}\n", summary_line(checked),
                        elapsed_text(std::chrono::steady_clock::now() - begin)));
  }
  return is_all_well(checked) ? kExitCompleted : kExitFailed;
}

void describe_check_plugin(CLI::App& command) {
  describe(
      command,
      {.usage = {"[OPTIONS] PATH"},
       .description =
           "A plugin in any language is put to each promise of the contract, one case after "
           "the other, each in a process of its own.\n\n"
           "It observes studies named check-..., whose directories are removed. What it "
           "stores elsewhere stays, and whoever listens there hears of it: give it a database "
           "of its own, or postgres_writer a schema of its own.",
       .exit_codes = {{"0", "No case has failed"},
                      {"1", "Some case has failed"},
                      {"2", "Bad usage, or a file that isn't there or can't be read"},
                      {"130, 143", "Ended by SIGINT, SIGTERM"}},
       .environment = {{"TMPDIR", "Where the studies' directories are made (default: /tmp)"},
                       postgres_help(),
                       no_colour_help()},
       .examples = {{"study-host check-plugin ./printer.so", "All cases"},
                    {"study-host check-plugin ./printer.so --only threads", "Those about threads"},
                    {"study-host check-plugin lib/study_observers/postgres_writer.so \\\n"
                     "      --options '{\"schema\": \"plugin_check\"}'",
                     "In a schema that nobody else uses"}}});
}

}  // namespace

CLI::App* set_up_check_plugin(CLI::App& app, CheckPluginOptions& options) {
  CLI::App* command =
      app.add_subcommand("check-plugin", "Check that a plugin keeps the observers' contract");
  command->add_option("PATH", options.plugin, "The plugin's shared library")
      ->required()
      ->type_name("FILE");
  command->add_option("--options", options.options, "Options for it, a JSON object")
      ->type_name("JSON")
      ->default_str("{}");
  command->add_option("--timeout", options.timeout_seconds, "How long one case may take")
      ->type_name("SECONDS")
      ->default_str("30");
  command->add_option("--slow", options.slow_seconds, "From which time on a transition is too slow")
      ->type_name("SECONDS")
      ->default_str("0.25");
  command->add_option("--seed", options.seed, "For the random studies")
      ->type_name("N")
      ->default_str("1");
  command->add_option("--only", options.only, "Only the cases whose group or name has this text")
      ->type_name("TEXT");
  command->add_flag("--json", options.json, "Print the report as JSON");
  describe_check_plugin(*command);
  return command;
}

int check_plugin(const CheckPluginOptions& options) {
  try {
    return check_and_report(options);
  } catch (const Interrupted& interrupted) {
    return kExitSignalBase + interrupted.signal();
  }
}

}  // namespace host
