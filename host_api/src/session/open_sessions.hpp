/// The sessions that have been opened through session.h, by their numbers.
#pragma once

#include "base/process_wide.hpp"

#include <study/log.hpp>
#include <study/session.h>
#include <study/session.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace study {

struct LogLine {
  LogSeverity severity;
  std::string channel;
  std::string text;
};

/// What has been logged and not fetched yet. A host that never fetches keeps the latest lines.
class LogQueue {
 public:
  void put(LogLine line) {
    constexpr std::size_t kMostLines = 1000;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (lines_.size() == kMostLines) lines_.pop_front();
    lines_.push_back(std::move(line));
  }
  [[nodiscard]] std::optional<LogLine> take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (lines_.empty()) return std::nullopt;
    LogLine line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }

 private:
  std::mutex mutex_;
  std::deque<LogLine> lines_;
};

[[nodiscard]] inline LogFunction log_into(std::shared_ptr<LogQueue> queue) {
  return [queue = std::move(queue)](LogSeverity severity, std::string_view channel,
                                    std::string_view text) {
    if (severity < LogSeverity::info) return;
    queue->put({severity, std::string(channel), std::string(text)});
  };
}

struct OpenSession {
  std::shared_ptr<Session> session;
  std::shared_ptr<LogQueue> log = std::make_shared<LogQueue>();
};

struct OpenSessions {
  std::unordered_map<study_session, OpenSession> all;
  study_session last = 0;
  std::shared_ptr<LogQueue> of_failed = std::make_shared<LogQueue>();

  /// The sessions are the parent's: they are left as they are, with all that they hold.
  void begin_anew() {
    static_cast<void>(new decltype(all)(std::move(all)));
    static_cast<void>(new auto(std::move(of_failed)));
    all.clear();
    of_failed = std::make_shared<LogQueue>();
  }
};

/// Throws `StudyError` for a number that is none, or no more.
[[nodiscard]] inline OpenSession session_of(study_session handle) {
  return ProcessWide<OpenSessions>::use([handle](const OpenSessions& open) {
    const auto found = open.all.find(handle);
    if (found != open.all.end()) return found->second;
    throw StudyError(
        "there is no such session in this process: it has been closed, or is open in the process "
        "that this one was forked from, and only that one may use it. Workers that are forked hand "
        "their results back to it");
  });
}

}  // namespace study
