/// The host that a plugin sees, which notes how the plugin behaves towards it.
#pragma once

#include "check_plugin/lent_bytes.hpp"

#include <study/abi.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace plugin_check {

/// One for each observer; outlives it, so that a message that comes too late is noted instead of
/// crashing.
class HostBook {
 public:
  /// `tail` is what a later version of the interface would have behind `study_host`.
  explicit HostBook(std::string_view tail = {});
  HostBook(const HostBook&) = delete;
  HostBook& operator=(const HostBook&) = delete;

  [[nodiscard]] const study_host* host() const { return host_; }

  /// From now on a message is one too many.
  void close() { is_open_ = false; }

  /// [any-thread] The first thing that was wrong with a message; empty so far.
  [[nodiscard]] std::string objection() const;
  [[nodiscard]] std::size_t messages() const { return messages_; }

 private:
  static void take(void* context, std::int32_t severity, study_string channel, study_string text);
  void note(std::int32_t severity, study_string channel, study_string text);

  LentBytes memory_;
  const study_host* host_;
  std::atomic<bool> is_open_ = true;
  std::atomic<std::size_t> messages_ = 0;
  mutable std::mutex mutex_;
  std::string objection_;
};

}  // namespace plugin_check
