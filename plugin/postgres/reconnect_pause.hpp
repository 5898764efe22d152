/// How long to wait before the server is tried again.
#pragma once

#include <chrono>
#include <random>

namespace study::postgres {

/// Before the first attempt nothing; then longer and longer up to ten seconds, or a quarter of a
/// second if somebody waits for the end of the study. Of each pause a random half is left out, so
/// that the hosts that lost the same server don't all come back at the same moment.
[[nodiscard]] std::chrono::milliseconds reconnect_pause(int failures, bool hurried,
                                                        std::mt19937& random);

}  // namespace study::postgres
