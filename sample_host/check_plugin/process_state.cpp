#include "check_plugin/process_state.hpp"

#include "base/format.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>

namespace host {
namespace {

/// umask(2) can only be read by changing it, which another thread would notice.
std::string current_umask() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    constexpr std::string_view kKey = "Umask:\t";
    if (line.starts_with(kKey)) return line.substr(kKey.size());
  }
  return {};
}

std::vector<OpenDescriptor> open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  if (!folder) throw study::FileError("/proc/self/fd", errno);
  std::vector<OpenDescriptor> found;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    int number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (number < 0 || number == ::dirfd(folder.get())) continue;
    std::error_code ignored;
    const auto link =
        std::filesystem::read_symlink(study::format("/proc/self/fd/{}", number), ignored);
    found.push_back({number, (::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0, link.string()});
  }
  return found;
}

}  // namespace

std::string OpenDescriptor::text() const {
  return study::format("{} ({})", number, target);
}

std::vector<OpenDescriptor> ProcessState::opened_since(const ProcessState& before) const {
  std::vector<OpenDescriptor> opened;
  std::copy_if(descriptors.begin(), descriptors.end(), std::back_inserter(opened),
               [&](const OpenDescriptor& now) {
                 return std::none_of(before.descriptors.begin(), before.descriptors.end(),
                                     [&](const OpenDescriptor& then) {
                                       return then.number == now.number &&
                                              then.target == now.target;
                                     });
               });
  return opened;
}

ProcessState process_state() {
  ProcessState state;
  std::error_code ignored;
  state.directory = std::filesystem::read_symlink("/proc/self/cwd", ignored).string();
  state.umask = current_umask();
  for (std::size_t signal = 1; signal < state.handlers.size(); ++signal) {
    // The two that the C library keeps for itself are refused, and stay as they are here.
    ::sigaction(static_cast<int>(signal), nullptr, &state.handlers[signal]);
  }
  ::pthread_sigmask(SIG_SETMASK, nullptr, &state.blocked);
  state.descriptors = open_descriptors();
  return state;
}

}  // namespace host
