/// What is running and what has failed, one by one.
#pragma once

#include "status/page.hpp"
#include "status/status.hpp"

namespace host {

/// A heading and a table; nothing if nothing is running. Long lists are cut, and say so.
void append_running(Page& page, const StudyView& view);

/// The same for failures: a table if its lines fit, else two lines for each.
void append_failures(Page& page, const StudyView& view);

}  // namespace host
