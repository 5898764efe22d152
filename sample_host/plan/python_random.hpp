/// Python's `random.Random(seed).shuffle`, number for number: orders that LLenergyMeasure has drawn
/// are drawn again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace host {

/// MT19937, seeded as CPython does it (Modules/_randommodule.c, `init_by_array`).
class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);

  /// 0 <= result < bound, which is below 2^32.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound);

  /// `random.shuffle`. Requires fewer than 2^32 values.
  template <class Value>
  void shuffle(std::vector<Value>& values) {
    for (std::size_t i = values.size(); i-- > 1;) {
      std::swap(values[i], values[below(static_cast<std::uint32_t>(i + 1))]);
    }
  }

 private:
  static constexpr std::size_t kWords = 624;

  std::uint32_t next();
  void twist();

  std::array<std::uint32_t, kWords> state_{};
  std::size_t at_ = kWords;
};

}  // namespace host
