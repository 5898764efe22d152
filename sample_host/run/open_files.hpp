/// How many files the host may have open, and how many jobs that is enough for.
#pragma once

#include <optional>

#include <sys/resource.h>

namespace host {

/// Raises the soft limit to the hard one. Low soft limits are for programs that use select(2), and
/// may be right for an experiment: see `inherited_open_files`. To be called once, before there are
/// threads.
void raise_open_files_limit();

/// What the limit was before it was raised; empty if it wasn't.
[[nodiscard]] const std::optional<rlimit>& inherited_open_files();

/// How many experiments can run at once with the present limit: each keeps two pipes and a log
/// open, and the host and its observers need some files of their own. At least one.
[[nodiscard]] int jobs_within_open_files_limit();

}  // namespace host
