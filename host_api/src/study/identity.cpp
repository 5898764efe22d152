#include "study/run_identity.hpp"
#include "study/well_known.hpp"

#include <study/error.hpp>
#include <study/identity.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cstddef>

#include <nettle/version.h>

namespace study {
namespace {

constexpr std::size_t kShortBytes = 8;  ///< of a digest, as 16 hex digits

/// What a prefix may take so that `{prefix}_{16 digits}_c2147483647` fits 200 bytes and the longest
/// extension behind it 255.
constexpr std::size_t kMaxPrefixBytes = 170;

constexpr std::size_t kMaxNameBytes = 255;

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// Control characters (U+0080 to U+009F too), and what a file system or a shell takes for syntax.
std::string without_special_characters(std::string_view text) {
  const std::string utf8 = to_valid_utf8(text);
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    const bool c1 = byte == 0xC2 && static_cast<unsigned char>(utf8[i + 1]) < 0xA0;
    const bool ascii_special =
        byte < 0x20 || byte == 0x7F ||
        std::string_view("/\\:*?\"<>|").find(utf8[i]) != std::string_view::npos;
    if (c1) ++i;
    out += c1 || ascii_special ? '-' : utf8[i];
  }
  return out;
}

/// A scalar as text; empty for everything else.
std::string field_text(const boost::json::object& config, std::string_view key) {
  const boost::json::value* const value = well_known(config, key);
  if (value == nullptr || value->is_null() || value->is_structured()) return {};
  if (const boost::json::string* const text = value->if_string()) return std::string(*text);
  return canonical_json(*value);
}

}  // namespace

std::string canonical_json(const boost::json::value& value) {
  std::string out;
  append_canonical_json(out, value);
  return out;
}

void append_canonical_json(std::string& out, const boost::json::value& value) {
  JsonWriter(out, kCanonicalStyle).write(value);
}

std::string short_sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return short_hex(hash.finish());
}

std::string config_hash(const boost::json::object& config) {
  std::string text;
  JsonWriter(text, kCanonicalStyle).write_object(config);
  return short_sha256(text);
}

std::string study_design_hash(std::span<const boost::json::object* const> configs) {
  Sha256 hash;
  std::string text;
  hash.update("[");
  std::string_view separator;
  for (const boost::json::object* const config : configs) {
    text = separator;
    separator = ", ";
    JsonWriter(text, kCanonicalStyle).write_object(*config);
    hash.update(text);
  }
  hash.update("]");
  return short_hex(hash.finish());
}

std::string result_file_prefix(const boost::json::object& config) {
  std::string name;
  for (const std::string& part : {lower_case(field_text(config, "model")),
                                  field_text(config, "backend"), field_text(config, "precision")}) {
    if (part.empty()) continue;
    if (!name.empty()) name += '_';
    name += without_special_characters(part);
  }
  // No hidden file, and nothing that a program could take for an option.
  name.erase(0, std::min(name.find_first_not_of(".-"), name.size()));
  if (name.empty()) name = "experiment";
  return std::string(truncate_utf8(name, kMaxPrefixBytes));
}

std::string result_file_stem(const boost::json::object& config, std::string_view hash_and_cycle,
                             std::size_t extension_bytes) {
  const std::size_t others = 1 + hash_and_cycle.size() + extension_bytes;
  const std::size_t room = kMaxNameBytes - std::min(others, kMaxNameBytes - 1);
  std::string name(truncate_utf8(result_file_prefix(config), room));
  name += '_';
  name += hash_and_cycle;
  return name;
}

std::string result_file_name(const boost::json::object& config, std::string_view config_hash,
                             std::string_view extension) {
  return result_file_stem(config, config_hash.substr(0, kShortHashDigits), extension.size()) +
         std::string(extension);
}

Sha256::Sha256() {
  sha256_init(&context_);
}

void Sha256::update(std::string_view bytes) {
  sha256_update(&context_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

Sha256::Digest Sha256::finish() {
  Digest digest;
#if NETTLE_VERSION_MAJOR >= 4
  sha256_digest(&context_, digest.data());
#else
  sha256_digest(&context_, digest.size(), digest.data());
#endif
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
