/// What a host hands to a plugin, made so that it notices what the plugin does with it.
#pragma once

#include "check_plugin/case.hpp"

#include <study/abi.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace host {

/// What is wrong with a text of a plugin's, as a sentence that begins with `what`; empty where it
/// is UTF-8 and has its bytes.
[[nodiscard]] std::string objection_to(const std::string& what, study_string text);

/// What is the matter with the bytes.
enum class Lending {
  /// After the call they have another content: who reads them then gets it wrong.
  scrambled_later,
  /// After the call they are out of reach: who reads them then dies of SIGSEGV.
  forbidden_later,
  /// Whatever follows them is out of reach, so that one who takes a text for terminated dies of
  /// SIGSEGV; in the other ways zeros follow. Scrambled after the call.
  forbidden_beyond,
};

/// Memory that is lent to a plugin for one call, and how it is taken back: copies, each in pages of
/// its own.
class LentBytes {
 public:
  explicit LentBytes(Lending lending) : lending_(lending) {}
  LentBytes(const LentBytes&) = delete;
  LentBytes& operator=(const LentBytes&) = delete;
  ~LentBytes();

  /// A copy of `text`; no data where there is none.
  [[nodiscard]] study_string lend(std::string_view text);

  /// A copy of a struct of abi.h; `tail` follows it, and counts in its `struct_size`, as if it were
  /// of a later version.
  template <class Struct>
  [[nodiscard]] Struct* lend_struct(const Struct& object, std::string_view tail = {}) {
    return static_cast<Struct*>(lend_bytes(&object, sizeof object, tail));
  }

  /// The call has returned. Addresses are never used again.
  void take_back();

 private:
  struct Region {
    std::byte* pages;
    std::size_t size;
  };

  [[nodiscard]] std::byte* allocate(std::size_t size);
  [[nodiscard]] void* lend_bytes(const void* object, std::size_t size, std::string_view tail);

  Lending lending_;
  std::vector<Region> lent_;
  std::vector<Region> taken_;
};

/// The caller's buffer for an error's message, which notices what is done to it.
class MessageBuffer {
 public:
  explicit MessageBuffer(std::size_t capacity);
  MessageBuffer(const MessageBuffer&) = delete;
  MessageBuffer& operator=(const MessageBuffer&) = delete;

  [[nodiscard]] study_error* get() { return &error_; }

  /// The message. Throws `CaseFailed` that says what `function` did wrong: wrote beyond the
  /// capacity or into the struct, gave a size beyond it, or something that is not UTF-8.
  [[nodiscard]] std::string take(const std::string& function) const;

 private:
  std::vector<char> bytes_;  ///< with more behind the capacity, which nobody may touch
  std::size_t capacity_;
  study_error error_;
};

/// The host that a plugin sees, which notes how the plugin behaves towards it.
///
/// One for each observer; outlives it, so that a message that comes too late is noted instead of
/// crashing.
class RecordingHost {
 public:
  /// `tail` is what a later version of the interface would have behind `study_host`, `minor` the
  /// version that the host says it knows.
  explicit RecordingHost(std::string_view tail = {}, std::uint32_t minor = STUDY_ABI_MINOR);
  RecordingHost(const RecordingHost&) = delete;
  RecordingHost& operator=(const RecordingHost&) = delete;

  [[nodiscard]] const study_host* get() const { return host_; }

  /// From now on a message is one too many.
  void close() { is_open_ = false; }

  /// [any-thread] Throws `CaseFailed` of the first message that something was wrong with.
  void check() const;
  [[nodiscard]] std::size_t messages() const { return messages_; }

 private:
  static void take(void* context, std::int32_t severity, study_string channel, study_string text);

  LentBytes memory_;
  const study_host* host_;
  std::atomic<bool> is_open_ = true;
  std::atomic<std::size_t> messages_ = 0;
  mutable std::mutex mutex_;
  std::string objection_;
};

}  // namespace host
