/// How many files may be open, here and in experiments.
#pragma once

#include <sys/resource.h>

namespace host {

/// Raises the soft limit to the hard one. Low soft limits are for programs that use select(2), and
/// may be right for an experiment: `spawn` gives it the former one. To be called once, before there
/// are threads.
void raise_open_files_limit();

/// What the limit was before it was raised; null if it wasn't.
[[nodiscard]] const rlimit* inherited_open_files_limit();

/// How many experiments can run at once with the present limit: each keeps two pipes and a log
/// open, and the host and its observers need some files of their own. At least one.
[[nodiscard]] int jobs_within_open_files_limit();

}  // namespace host
