// The program's command line as a whole.
#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "terminal/standard_output.hpp"

#include <CLI/CLI.hpp>

namespace host {

void set_up_study_host(CLI::App& app, AllOptions& options) {
  app.name("study-host");
  app.description("Run studies, sets of experiments that plugins observe");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", std::string("study-host ") + STUDY_HOST_VERSION,
                       "Print the version and exit");
  app.require_subcommand(1);
  describe(
      app,
      {.usage = {"COMMAND [OPTIONS]"},
       .description =
           "Each experiment of a study is a process of its own. How each stands is kept by "
           "plugins, in a file or a database, from which an interrupted study goes on.\n\n"
           "COMMAND --help tells what a command does, its options and their defaults.",
       .exit_codes = {{"0", "All is well; of run: all experiments have completed"},
                      {"1", "Some experiment has failed; some case of check-plugin has"},
                      {"2", "Bad usage, or a bad input file"},
                      {"3", "A study, or what it needs, that can't be begun or opened"},
                      {"75, 130, 143", "A signal or a time limit has ended it: see run --help"}},
       .environment = {observer_path_help(), postgres_help(), no_colour_help()},
       .examples = {
           {"study-host run study.yaml", "Run a study"},
           {"study-host status results/batch-size_2026-02-27T16-30-00", "See how far it is"},
           {"study-host run study.yaml --resume latest", "Go on with it after an interruption"}}});
  set_up_run(app, options.run);
  set_up_plugins(app, options.plugins);
  set_up_status(app, options.status);
  set_up_list(app, options.list);
  set_up_report(app, options.report);
  set_up_leaf(app, options.leaf);
  set_up_check_plugin(app, options.check_plugin);
}

int call_command(const CLI::App& app, const AllOptions& options) {
  if (app.got_subcommand("leaf")) return run_leaf_command(options.leaf);
  keep_stdout();
  if (app.got_subcommand("run")) return run_study(options.run);
  if (app.got_subcommand("plugins")) return list_plugins(options.plugins);
  if (app.got_subcommand("status")) return show_status(options.status);
  if (app.got_subcommand("list")) return list_studies(options.list);
  if (app.got_subcommand("report")) return make_report(options.report);
  return check_plugin(options.check_plugin);
}

}  // namespace host
