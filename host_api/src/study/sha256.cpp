#include "study/sha256.hpp"

#include <study/error.hpp>

#include <cstddef>

namespace study {
namespace {

constexpr std::size_t kShortBytes = 8;

void check(int result) {
  if (result != 1)
    throw Error("OpenSSL's libcrypto cannot compute SHA-256: check its installation");
}

}  // namespace

Sha256::Sha256()
    : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  check(algorithm_ && context_ ? 1 : 0);
  begin();
}

void Sha256::begin() {
  check(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr));
}

void Sha256::update(std::string_view bytes) {
  check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

Sha256::Digest Sha256::finish() {
  Digest digest;
  check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
  begin();
  return digest;
}

std::string short_hex(const Sha256::Digest& digest) {
  std::string text;
  text.reserve(2 * kShortBytes);
  for (std::size_t i = 0; i < kShortBytes; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

}  // namespace study
