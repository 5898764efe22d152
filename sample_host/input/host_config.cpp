#include "input/host_config.hpp"

#include "input/document.hpp"

#include <array>

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr auto kOwnKeys = std::to_array<std::string_view>({"jobs", "log_times", "runners"});

HostConfig read_config(const fs::path& given) {
  HostConfig config;
  const auto read_own = [&config](const FieldReader& member) {
    if (member.key() == "jobs") {
      config.jobs = static_cast<int>(member.integer(1, kMaxJobs));
      return;
    }
    if (member.key() == "log_times") {
      config.log_times = member.boolean();
      return;
    }
    for (const FieldReader& runner : member.members()) {
      config.runners.emplace(runner.key(), read_runner(runner));
    }
  };
  static_cast<study::HostConfig&>(config) = study::read_host_config(given, kOwnKeys, read_own);
  return config;
}

}  // namespace

HostConfig load_host_config(const std::optional<fs::path>& given, const fs::path& study_file) {
  if (given) return read_config(*given);
  const fs::path beside = study_file.parent_path() / kHostConfigFileName;
  std::error_code ignored;
  if (fs::exists(beside, ignored)) return read_config(beside);
  HostConfig config;
  static_cast<study::HostConfig&>(config) = study::default_host_config(fs::current_path());
  return config;
}

}  // namespace host
