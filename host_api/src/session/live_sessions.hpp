/// The sessions of the process whose studies have begun and not ended.
#pragma once

#include <functional>

namespace study {

/// `end` is called when the process exits, unless it is forgotten before. To be registered behind
/// the observers' start: what they have registered by then is run after it.
void end_at_exit(const void* session, std::function<void()> end);

void forget_at_exit(const void* session);

}  // namespace study
