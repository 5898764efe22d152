/// What identity.hpp and study_plan.hpp share: SHA-256 with OpenSSL, and the names of files of a
/// run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <openssl/evp.h>

namespace study {

/// Set up once and used for many texts.
class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  Sha256();

  void update(std::string_view bytes);
  /// Of what came since the beginning or the last finish().
  [[nodiscard]] Digest finish();
  /// Goes on from the same beginning.
  [[nodiscard]] Sha256 copy() const;

 private:
  void begin();

  struct Free {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD, Free> algorithm_;  ///< fetched once: each implicit fetch takes a lock
  std::unique_ptr<EVP_MD_CTX, Free> context_;
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
