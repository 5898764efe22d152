/// `study-host check-plugin PATH [--options JSON] [--timeout SECONDS] [--json]`
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace CLI {
class App;
}

namespace host {

struct CheckPluginOptions {
  std::filesystem::path plugin;
  std::string options = "{}";
  double timeout_seconds = 30;
  double slow_seconds = 0.25;
  std::uint64_t seed = 1;
  std::string only;
  bool json = false;
};

CLI::App* set_up_check_plugin(CLI::App& app, CheckPluginOptions& options);

/// Puts the plugin through the cases of check_plugin/ and prints a line for each. The exit code is
/// 0 if none failed, else 1, or that of a signal. Throws `study::InputError` for a file that isn't
/// there or can't be read, for options that are no JSON object, times out of range, and where no
/// case has `only` in its name.
[[nodiscard]] int check_plugin(const CheckPluginOptions& options);

}  // namespace host
