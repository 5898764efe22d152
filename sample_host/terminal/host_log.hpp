/// The host's log: Boost.Log with a console and a file.
#pragma once

#include "terminal/terminal.hpp"

#include <study/log.hpp>
#include <study/observer_library.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace host {

inline constexpr std::string_view kStudyLogFileName = "study.log";
/// The channel of the host's own messages.
inline constexpr std::string_view kHostChannel = "study-host";

/// Owns what is in the process-wide Boost.Log core, and takes it out again when it goes. At most
/// one exists at a time. Nobody but this class touches the core: plugins log through the function
/// that the host hands to them.
///
/// On the console: `study-host: warning: text`, from the chosen severity on. In `study.log`, from
/// info on: `2026-02-27T16:30:00.123Z [info] [manifest_writer] text`, each message one write(2), so
/// that a killed host has lost none. A message is always one line; see `visible`.
class HostLog {
 public:
  HostLog(Console& console, study::LogSeverity console_severity);
  HostLog(const HostLog&) = delete;
  HostLog& operator=(const HostLog&) = delete;
  ~HostLog();

  /// Writes `study.log` in `study_dir` from now on, beginning with the messages so far. A file that
  /// can't be opened or written is one warning on the console.
  void open_file(const std::filesystem::path& study_dir);

  /// [any-thread] Never throws. `channel` says who speaks: the host, or a plugin by its name.
  void write(study::LogSeverity severity, std::string_view channel, std::string_view text) noexcept;

  void info(std::string_view text) noexcept { write(study::LogSeverity::info, kHostChannel, text); }
  void warning(std::string_view text) noexcept {
    write(study::LogSeverity::warning, kHostChannel, text);
  }
  void error(std::string_view text) noexcept {
    write(study::LogSeverity::error, kHostChannel, text);
  }

  /// What a session, and through it each plugin, is told of study-host. What is logged without a
  /// channel is the host's own. Valid as long as this object.
  [[nodiscard]] study::HostServices services();

 private:
  struct Sinks;
  std::unique_ptr<Sinks> sinks_;
};

[[nodiscard]] std::string_view to_string(study::LogSeverity severity);
/// `trace`, `debug`, `info`, `warning` or `error`; empty for anything else.
[[nodiscard]] std::optional<study::LogSeverity> parse_log_severity(std::string_view text);

}  // namespace host
