/// What all parts of a process share, and a plugin therefore leaves to its host.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <signal.h>

namespace host {

struct OpenDescriptor {
  int number = -1;
  bool closes_on_exec = false;
  std::string target;  ///< a path, or `socket:[123]` and the like

  /// `5 (/var/lib/x)`.
  [[nodiscard]] std::string text() const;
};

struct ProcessState {
  std::string directory;
  std::string umask;                            ///< as the kernel writes it: `0022`
  std::array<struct sigaction, 65> handlers{};  ///< by the signal's number
  sigset_t blocked{};                           ///< in the calling thread
  std::vector<OpenDescriptor> descriptors;

  /// The descriptors that `before` hasn't got, or under whose number it has something else.
  [[nodiscard]] std::vector<OpenDescriptor> opened_since(const ProcessState& before) const;
};

/// As it is now. Needs /proc. Throws `study::FileError`.
[[nodiscard]] ProcessState process_state();

}  // namespace host
