/// SHA-256 with OpenSSL, set up once and used for many texts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace study {

class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  Sha256();

  void update(std::string_view bytes);
  /// Of what came since the beginning or the last finish().
  [[nodiscard]] Digest finish();

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

}  // namespace study
