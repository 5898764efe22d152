/// What identity.hpp and study_plan.hpp share: SHA-256, and the names of files of a run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <nettle/sha2.h>

namespace study {

/// Used for one text after the other. nettle's, since a plugin or a session that a host loads
/// brings it along: libcrypto takes 1 ms to load.
class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  Sha256();

  void update(std::string_view bytes);
  /// Of what came since the beginning or the last finish().
  [[nodiscard]] Digest finish();

 private:
  sha256_ctx context_;
};

/// The first 16 hex digits.
[[nodiscard]] std::string short_hex(const Sha256::Digest& digest);

/// Of a configuration's hash, in the names of a run's files, unless two begin with the same ones.
inline constexpr std::size_t kShortHashDigits = 8;

/// `{prefix of config}_{hash_and_cycle}`, the prefix cut so that an extension of `extension_bytes`
/// fits behind it into 255 bytes.
[[nodiscard]] std::string result_file_stem(const boost::json::object& config,
                                           std::string_view hash_and_cycle,
                                           std::size_t extension_bytes);

}  // namespace study
