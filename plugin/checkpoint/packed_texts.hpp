/// A few optional texts in one piece of memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

namespace study::checkpoint {

/// Owns `count` texts, each of which may be absent. Short ones share a cache line, and where all
/// are absent there is nothing but a null pointer.
template <std::size_t count>
class PackedTexts {
 public:
  using Views = std::array<std::optional<std::string_view>, count>;

  PackedTexts() = default;

  explicit PackedTexts(const Views& texts) {
    Sizes sizes;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      sizes[i] = texts[i] ? static_cast<std::uint32_t>(texts[i]->size()) : kAbsent;
      if (texts[i]) bytes += texts[i]->size();
    }
    if (std::ranges::count(sizes, kAbsent) == count) return;
    block_ = std::make_unique_for_overwrite<char[]>(sizeof sizes + bytes);
    std::memcpy(block_.get(), &sizes, sizeof sizes);
    char* end = block_.get() + sizeof sizes;
    for (const auto& text : texts) {
      if (text) end = std::ranges::copy(*text, end).out;
    }
  }

  /// Refer to this object's bytes.
  [[nodiscard]] Views views() const {
    Views texts;
    if (block_ == nullptr) return texts;
    Sizes sizes;
    std::memcpy(&sizes, block_.get(), sizeof sizes);
    const char* begin = block_.get() + sizeof sizes;
    for (std::size_t i = 0; i < count; ++i) {
      if (sizes[i] == kAbsent) continue;
      texts[i] = std::string_view(begin, sizes[i]);
      begin += sizes[i];
    }
    return texts;
  }

 private:
  using Sizes = std::array<std::uint32_t, count>;
  static constexpr std::uint32_t kAbsent = std::numeric_limits<std::uint32_t>::max();

  std::unique_ptr<char[]> block_;  ///< the sizes, then the texts
};

}  // namespace study::checkpoint
