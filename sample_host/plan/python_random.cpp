#include "plan/python_random.hpp"

#include <bit>

namespace host {
namespace {

constexpr std::size_t kShift = 397;

/// The step that both passes of the seeding share.
std::uint32_t mixed(std::uint32_t before, std::uint32_t factor) {
  return (before ^ (before >> 30U)) * factor;
}

}  // namespace

// init_genrand(19650218), then init_by_array over the seed's 32-bit words, the lowest first.
PythonRandom::PythonRandom(std::uint64_t seed) {
  std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(seed),
                                   static_cast<std::uint32_t>(seed >> 32U)};
  const std::size_t n_key = key[1] != 0 ? 2 : 1;
  state_[0] = 19650218U;
  for (std::uint32_t i = 1; i < kWords; ++i) state_[i] = mixed(state_[i - 1], 1812433253U) + i;
  std::size_t i = 1;
  const auto advance = [&] {
    if (++i < kWords) return;
    state_[0] = state_[kWords - 1];
    i = 1;
  };
  for (std::size_t k = 0; k < kWords; ++k) {
    const std::size_t j = k % n_key;
    state_[i] =
        (state_[i] ^ mixed(state_[i - 1], 1664525U)) + key[j] + static_cast<std::uint32_t>(j);
    advance();
  }
  for (std::size_t k = 1; k < kWords; ++k) {
    state_[i] = (state_[i] ^ mixed(state_[i - 1], 1566083941U)) - static_cast<std::uint32_t>(i);
    advance();
  }
  state_[0] = 0x80000000U;
}

// Python's `_randbelow`: as many bits as the bound has, drawn until they are below it.
std::uint32_t PythonRandom::below(std::uint32_t bound) {
  const auto n_spare = static_cast<unsigned>(std::countl_zero(bound));
  std::uint32_t drawn = next() >> n_spare;
  while (drawn >= bound) drawn = next() >> n_spare;
  return drawn;
}

std::uint32_t PythonRandom::next() {
  if (at_ == kWords) twist();
  std::uint32_t word = state_[at_++];
  word ^= word >> 11U;
  word ^= (word << 7U) & 0x9d2c5680U;
  word ^= (word << 15U) & 0xefc60000U;
  return word ^ (word >> 18U);
}

void PythonRandom::twist() {
  for (std::size_t k = 0; k < kWords; ++k) {
    const std::uint32_t bits = (state_[k] & 0x80000000U) | (state_[(k + 1) % kWords] & 0x7fffffffU);
    state_[k] =
        state_[(k + kShift) % kWords] ^ (bits >> 1U) ^ ((bits & 1U) != 0 ? 0x9908b0dfU : 0U);
  }
  at_ = 0;
}

}  // namespace host
