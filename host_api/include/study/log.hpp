/// How a plugin speaks: through its host, never to a log of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace study {

/// The values are those of `enum study_log_severity` in abi.h.
enum class LogSeverity : std::int32_t { trace = 0, debug = 1, info = 2, warning = 3, error = 4 };

/// Takes one message: no newline at its end, UTF-8. Callable from any thread.
using LogFunction =
    std::function<void(LogSeverity severity, std::string_view channel, std::string_view text)>;

}  // namespace study
