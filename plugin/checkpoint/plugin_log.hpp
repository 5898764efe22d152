/// The host's log as sinks want it.
#pragma once

#include "checkpoint/sink.hpp"

#include <study/export_observer.hpp>

namespace study::checkpoint {

[[nodiscard]] inline Log log_to(PluginHost host) {
  return [host](LogSeverity severity, std::string_view text) { host.log(severity, text); };
}

}  // namespace study::checkpoint
