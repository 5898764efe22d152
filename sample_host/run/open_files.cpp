#include "run/open_files.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace host {
namespace {

constexpr rlim_t kFilesPerJob = 3;
/// The standard streams, the study's log and lock, the event loop's, the observers', and what is
/// open for a moment: a result, the pipes of an experiment that starts.
constexpr rlim_t kOwnFiles = 64;

/// What the limit of open files was before it was raised; empty if it wasn't.
std::optional<rlimit>& inherited() {
  static std::optional<rlimit> limit;
  return limit;
}

}  // namespace

const rlimit* inherited_open_files_limit() {
  const auto& limit = inherited();
  return limit ? &*limit : nullptr;
}

void raise_open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) inherited() = limit;
}

int jobs_within_open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<int>::max();
  const rlim_t left = limit.rlim_cur - std::min(limit.rlim_cur, kOwnFiles);
  return static_cast<int>(std::clamp<rlim_t>(left / kFilesPerJob, 1, 1'000'000));
}

}  // namespace host
