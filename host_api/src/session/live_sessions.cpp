#include "session/live_sessions.hpp"

#include "base/process_wide.hpp"

#include <cstdlib>
#include <map>
#include <utility>

namespace study {
namespace {

/// What ends the sessions whose studies have begun and not ended, when the process exits.
struct LiveSessions {
  std::map<const void*, std::function<void()>> ends;

  void begin_anew() { ends.clear(); }
};

void end_live_sessions() {
  auto ends =
      ProcessWide<LiveSessions>::use([](LiveSessions& live) { return std::move(live.ends); });
  for (const auto& [session, end] : ends) end();
}

}  // namespace

void end_at_exit(const void* session, std::function<void()> end) {
  ProcessWide<LiveSessions>::use(
      [&](LiveSessions& live) { live.ends.insert_or_assign(session, std::move(end)); });
  std::atexit(&end_live_sessions);
}

void forget_at_exit(const void* session) {
  ProcessWide<LiveSessions>::use([&](LiveSessions& live) { live.ends.erase(session); });
}

}  // namespace study
