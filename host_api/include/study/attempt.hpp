/// One attempt at a run, as stores keep it, and its JSON text, which is what crosses the boundary.
#pragma once

#include <study/timestamp.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace study {

enum class AttemptState : std::int32_t { running, completed, failed, interrupted };

[[nodiscard]] std::string_view to_string(AttemptState state);
[[nodiscard]] std::optional<AttemptState> parse_attempt_state(std::string_view text);

/// Of what a store doesn't know, there is nothing.
struct StudyAttempt {
  std::string config_hash;
  std::int32_t cycle = 1;
  std::uint32_t attempt = 1;  ///< its number among those at this run, from 1; some may be missing
  AttemptState state = AttemptState::running;
  std::optional<Timestamp> started_at;  ///< none: it could not be started, or its result was there
  std::optional<Timestamp> ended_at;    ///< none: it runs, or its host has died, nobody knows when
  std::optional<std::string> result_file;    ///< completed
  std::optional<std::string> error_type;     ///< failed
  std::optional<std::string> error_message;  ///< failed
  std::string attributes;                    ///< a JSON object; empty: nothing

  friend bool operator==(const StudyAttempt&, const StudyAttempt&) = default;
};

/// Gets one attempt after the other, each only for the call.
using TakeAttempt = std::function<void(const StudyAttempt&)>;

/// Appends what abi.h's `read_attempts` hands over. Texts that aren't UTF-8 are repaired. Throws
/// `InputError` for attributes that are no JSON object.
void append_attempt(std::string& out, const StudyAttempt& attempt);

/// The attempt that such a text tells of. Members that this program doesn't know are left out.
/// Throws `InputError`: `{source}: {member} must be …`.
[[nodiscard]] StudyAttempt parse_attempt(std::string_view text, std::string_view source);

}  // namespace study
