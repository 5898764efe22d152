/// A few optional texts in one piece of memory: their sizes, and then their bytes.
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

template <std::size_t kCount>
using OptionalTexts = std::array<std::optional<std::string_view>, kCount>;

namespace packed_detail {
constexpr std::uint32_t kAbsent = std::numeric_limits<std::uint32_t>::max();
template <std::size_t kCount>
using Sizes = std::array<std::uint32_t, kCount>;
}  // namespace packed_detail

/// How much room `pack` needs.
template <std::size_t kCount>
[[nodiscard]] std::size_t packed_bytes(const OptionalTexts<kCount>& texts) {
  std::size_t bytes = sizeof(packed_detail::Sizes<kCount>);
  for (const auto& text : texts) bytes += text ? text->size() : 0;
  return bytes;
}

/// Writes the texts, each below 4 GiB, to `out`, which need not be aligned; gives the end.
template <std::size_t kCount>
char* pack(const OptionalTexts<kCount>& texts, char* out) {
  packed_detail::Sizes<kCount> sizes;
  std::ranges::transform(texts, sizes.begin(), [](const auto& text) {
    return text ? static_cast<std::uint32_t>(text->size()) : packed_detail::kAbsent;
  });
  std::memcpy(out, &sizes, sizeof sizes);
  out += sizeof sizes;
  for (const auto& text : texts) {
    if (text) out = std::ranges::copy(*text, out).out;
  }
  return out;
}

/// What `pack` has written to `packed`, where the bytes stay.
template <std::size_t kCount>
[[nodiscard]] OptionalTexts<kCount> unpack(const char* packed) {
  packed_detail::Sizes<kCount> sizes;
  std::memcpy(&sizes, packed, sizeof sizes);
  OptionalTexts<kCount> texts;
  const char* begin = packed + sizeof sizes;
  for (std::size_t i = 0; i < kCount; ++i) {
    if (sizes[i] == packed_detail::kAbsent) continue;
    texts[i] = std::string_view(begin, sizes[i]);
    begin += sizes[i];
  }
  return texts;
}

/// Owns `kCount` texts. Where all are absent there is nothing but a null pointer.
template <std::size_t kCount>
class PackedTexts {
 public:
  PackedTexts() = default;

  explicit PackedTexts(const OptionalTexts<kCount>& texts) {
    if (std::ranges::none_of(texts, [](const auto& text) { return text.has_value(); })) return;
    packed_ = std::make_unique_for_overwrite<char[]>(packed_bytes(texts));
    pack(texts, packed_.get());
  }

  /// Refer to this object's bytes.
  [[nodiscard]] OptionalTexts<kCount> views() const {
    return packed_ == nullptr ? OptionalTexts<kCount>() : unpack<kCount>(packed_.get());
  }

 private:
  std::unique_ptr<char[]> packed_;
};

}  // namespace study::checkpoint
