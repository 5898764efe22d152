#include "report/page_text.hpp"

#include "study/run_identity.hpp"

#include <study/json.hpp>
#include <study/text.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace host {
namespace {

std::string_view html_escape(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

/// How many bytes at the beginning of `text` must be escaped in a script element, and as what.
std::pair<std::size_t, std::string_view> script_escape(std::string_view text) {
  switch (text.front()) {
    case '<':
      return {1, "\\u003c"};
    case '>':
      return {1, "\\u003e"};
    case '&':
      return {1, "\\u0026"};
    case '\xe2':
      if (text.starts_with("\u2028")) return {3, "\\u2028"};
      if (text.starts_with("\u2029")) return {3, "\\u2029"};
      return {0, {}};
    default:
      return {0, {}};
  }
}

constexpr double kMaxExactInteger = 9007199254740992.0;  // 2^53

template <class Number, class... Format>
void append_chars(std::string& out, Number number, Format... format) {
  std::array<char, 40> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, format...).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void append_html(std::string& out, std::string_view text) {
  for (const char c : study::visible(text)) {
    const std::string_view escape = html_escape(c);
    if (escape.empty()) {
      out += c;
    } else {
      out += escape;
    }
  }
}

void append_script_text(std::string& out, std::string_view text) {
  std::string json;
  study::append_json_string(
      json, study::is_valid_utf8(text) ? std::string(text) : study::to_valid_utf8(text));
  std::string_view rest = json;
  for (std::size_t at = rest.find_first_of("<>&\xe2"); at != std::string_view::npos;
       at = rest.find_first_of("<>&\xe2")) {
    out.append(rest.substr(0, at));
    rest.remove_prefix(at);
    const auto [bytes, escape] = script_escape(rest);
    if (bytes == 0) {
      out += rest.front();
      rest.remove_prefix(1);
    } else {
      out.append(escape);
      rest.remove_prefix(bytes);
    }
  }
  out.append(rest);
}

void append_number(std::string& out, std::int64_t number) {
  append_chars(out, number);
}

void append_short_number(std::string& out, double number) {
  if (std::abs(number) < kMaxExactInteger && std::trunc(number) == number) {
    return append_chars(out, static_cast<std::int64_t>(number));
  }
  append_chars(out, number, std::chars_format::general, 7);
}

std::string policy_hash(std::string_view content) {
  study::Sha256 hash;
  hash.update(content);
  const study::Sha256::Digest digest = hash.finish();
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = "sha256-";
  for (std::size_t i = 0; i < digest.size(); i += 3) {
    const std::size_t left = digest.size() - i;
    std::uint32_t group = std::uint32_t{digest[i]} << 16;
    if (left > 1) group |= std::uint32_t{digest[i + 1]} << 8;
    if (left > 2) group |= digest[i + 2];
    for (std::size_t k = 0; k < 4; ++k) {
      text += k > left ? '=' : kDigits[(group >> (18 - 6 * k)) & 63];
    }
  }
  return text;
}

}  // namespace host
