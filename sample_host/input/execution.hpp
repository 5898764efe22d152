/// How often, in which order and with which pauses the experiments of a study run.
#pragma once

#include "input/document.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace host {

enum class CycleOrder { sequential, interleaved, shuffled, reverse, latin_square };

struct Execution {
  int n_cycles = 1;
  CycleOrder cycle_order = CycleOrder::sequential;
  std::optional<std::uint64_t> shuffle_seed;
  std::chrono::milliseconds experiment_gap{0};  ///< between consecutive experiments
  std::chrono::milliseconds cycle_gap{0};       ///< more than that between rounds
  /// After it nothing more is started, and the study is interrupted.
  std::optional<std::chrono::milliseconds> wall_clock_limit;
  std::optional<std::size_t> max_failures;  ///< when so many have failed, nothing more is started
};

/// The keys under `execution`, but for some that are accepted and mean nothing.
[[nodiscard]] std::span<const std::string_view> execution_keys();

/// `execution` of a study file. Keys that are absent or null keep their defaults. Throws
/// `study::InputError`.
[[nodiscard]] Execution read_execution(const FieldReader& reader);

// Its parts, for another form of the same.
[[nodiscard]] int read_n_cycles(const FieldReader& reader);
[[nodiscard]] std::chrono::milliseconds read_gap(const FieldReader& reader);
/// Any integer of 64 bits; of a negative one Python's generators take the absolute value.
[[nodiscard]] std::uint64_t read_seed(const FieldReader& reader);
/// The place of a name among `names`. Throws `study::InputError` with the nearest one.
[[nodiscard]] std::size_t read_choice(const FieldReader& reader,
                                      std::span<const std::string_view> names);

}  // namespace host
