#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "input/host_config.hpp"
#include "input/trust.hpp"
#include "terminal/standard_output.hpp"

#include <study/error.hpp>
#include <study/observer_library.hpp>
#include <study/options_schema.hpp>
#include <study/text.hpp>

#include <utility>

#include <CLI/CLI.hpp>

namespace host {
namespace {

std::string option_text(const study::OptionDescription& option) {
  std::string text = "    " + study::visible(option.name) + ": " + study::visible(option.type);
  if (!option.default_value.empty()) text += ", default " + study::visible(option.default_value);
  text += "\n";
  if (!option.description.empty()) text += "        " + study::visible(option.description) + "\n";
  return text;
}

/// What a host config calls the plugin.
std::string name_in_config(const std::filesystem::path& file) {
  return study::visible(file.stem().string());
}

std::string plugin_text(const study::ObserverLibrary& library) {
  const std::string name = name_in_config(library.path());
  const std::string own_name = study::visible(library.name());
  std::string text = name + " " + study::visible(library.version());
  text += own_name == name ? "\n" : ", calls itself " + own_name + "\n";
  text += "  " + study::visible(library.description()) + "\n";
  text += "  " + study::visible(library.path().string()) + "\n";
  const auto options = study::describe_options(library.options_schema());
  text += options.empty() ? "  no options\n" : "  options:\n";
  for (const study::OptionDescription& option : options) text += option_text(option);
  return text;
}

}  // namespace

CLI::App* set_up_plugins(CLI::App& app, PluginsOptions& options) {
  CLI::App* command =
      app.add_subcommand("plugins", "List the plugins that are found, with their options");
  require_text(command->add_option("--config", options.config,
                                   "The host's config file, whose plugin_path counts"))
      ->type_name("FILE")
      ->default_str("study_host.json in this directory");
  describe(*command,
           {.usage = {"[OPTIONS]"},
            .description =
                "Of each plugin: its name as an `observers` entry of a host config has it, its "
                "version, what it does, its file, and its options with types and defaults. One "
                "that can't be used is listed with the reason. Where several folders have a plugin "
                "of one name, it is the first's.",
            .exit_codes = {{"0", "At least one plugin can be used"},
                           {"2", "Bad usage, or a bad config file"},
                           {"3",
                            "No plugin can be used; or the config that was found is somebody "
                            "else's"}},
            .environment = {observer_path_help(), no_colour_help()},
            .examples = {{"study-host plugins", "What a host config can name"}}});
  return command;
}

int list_plugins(const PluginsOptions& options) {
  const HostConfig config =
      load_host_config(options.config, std::filesystem::current_path() / "study.yaml");
  if (!options.config) check_found_config(config);
  bool is_any_usable = false;
  std::string separator;
  for (const std::filesystem::path& file : study::list_observers(config.search)) {
    std::string text = std::exchange(separator, "\n");
    try {
      text += plugin_text(study::ObserverLibrary::load(file));
      is_any_usable = true;
    } catch (const study::Error& error) {
      text += name_in_config(file) + "\n  cannot be used: " + study::visible(error.what()) + "\n";
    }
    print(text);
  }
  if (is_any_usable) return kExitCompleted;
  std::string folders;
  for (const auto& folder : study::observer_folders(config.search)) {
    folders += (folders.empty() ? "" : ", ") + folder.string();
  }
  throw study::PluginError("no usable plugin in: " + folders);
}

}  // namespace host
