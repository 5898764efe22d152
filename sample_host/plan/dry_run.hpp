/// `--dry-run`: the plan of a study, as text.
#pragma once

#include "plan/prepared_study.hpp"
#include "session/observers.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace host {

/// What would run: counts, what varies, order, gaps, jobs, runners, observers, and the runs in the
/// order in which they start, each with the pause before it; of many the first and the last ones.
/// Of a long value its beginning. Estimates nothing. Every line ends with a newline.
[[nodiscard]] std::string describe_plan(const PreparedStudy& study,
                                        const std::vector<study::ConfiguredObserver>& observers);

/// `word` as a POSIX shell reads it back: bare where it may be, else in single quotes.
[[nodiscard]] std::string shell_quote(std::string_view word);

}  // namespace host
