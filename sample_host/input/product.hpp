/// Combinations of choices.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace host {

/// More than can be counted.
inline constexpr std::size_t kUncountable = std::numeric_limits<std::size_t>::max();

/// Calls `visit(at)` with the place of a choice in each list, for each combination; the last varies
/// fastest. `sizes` are greater than 0.
template <class Visit>
void for_each_combination(const std::vector<std::size_t>& sizes, const Visit& visit) {
  std::vector<std::size_t> at(sizes.size(), 0);
  while (true) {
    visit(at);
    std::size_t i = sizes.size();
    while (i > 0 && ++at[i - 1] == sizes[i - 1]) at[--i] = 0;
    if (i == 0) return;
  }
}

[[nodiscard]] inline std::size_t product_of(std::size_t a, std::size_t b) {  // saturates
  std::size_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? kUncountable : product;
}

[[nodiscard]] inline std::size_t product_of(const std::vector<std::size_t>& sizes) {
  std::size_t product = 1;
  for (const std::size_t size : sizes) product = product_of(product, size);
  return product;
}

/// How many choices each axis has.
template <class Axis>
[[nodiscard]] std::vector<std::size_t> sizes_of(const std::vector<const Axis*>& axes) {
  std::vector<std::size_t> sizes;
  sizes.reserve(axes.size());
  for (const Axis* axis : axes) sizes.push_back(axis->choices.size());
  return sizes;
}

}  // namespace host
