#include "input/typing_traps.hpp"

#include "base/format.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <system_error>

namespace host {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

/// Takes a text apart from its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  bool take(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }
  bool take_one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == characters.npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Between `least` and `most` of these.
  bool take_some(std::string_view characters, std::size_t least, std::size_t most) {
    std::size_t n = 0;
    while (n < most && take_one_of(characters)) ++n;
    return n >= least;
  }

 private:
  std::string_view rest_;
};

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kDigitsOrUnderscore = "0123456789_";
constexpr std::size_t kAny = static_cast<std::size_t>(-1);

bool is_true(std::string_view text) {
  return is_one_of(text, {"yes", "Yes", "YES", "on", "On", "ON"});
}

bool is_false(std::string_view text) {
  return is_one_of(text, {"no", "No", "NO", "off", "Off", "OFF"});
}

// YYYY-MM-DD, or with one digit where a time follows: T or blanks, h:mm:ss, a fraction, a zone.
bool is_timestamp(std::string_view text) {
  Scanner scan(text);
  const auto two = [&scan] { return scan.take_some(kDigits, 1, 2); };
  if (!scan.take_some(kDigits, 4, 4) || !scan.take("-") || !two() || !scan.take("-") || !two()) {
    return false;
  }
  if (scan.is_at_end()) return text.size() == 10;
  if (!scan.take_one_of("Tt") && !scan.take_some(" \t", 1, kAny)) return false;
  if (!two() || !scan.take(":") || !scan.take_some(kDigits, 2, 2) || !scan.take(":") ||
      !scan.take_some(kDigits, 2, 2)) {
    return false;
  }
  if (scan.take(".")) scan.take_some(kDigits, 0, kAny);
  scan.take_some(" \t", 0, kAny);
  if (scan.is_at_end() || scan.take("Z")) return scan.is_at_end();
  if (!scan.take_one_of("+-") || !two()) return false;
  return scan.is_at_end() || (scan.take(":") && scan.take_some(kDigits, 2, 2) && scan.is_at_end());
}

/// The digits without `_`, as a number; nothing beyond 64 bits.
std::optional<std::uint64_t> value_of(std::string_view digits, int base) {
  std::string plain(digits);
  std::erase(plain, '_');
  std::uint64_t value = 0;
  const char* const end = plain.data() + plain.size();
  const auto result = std::from_chars(plain.data(), end, value, base);
  if (plain.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

std::string signed_text(bool is_negative, std::optional<std::uint64_t> value) {
  if (!value) return "a number";
  return (is_negative && *value != 0 ? "-" : "") + std::to_string(*value);
}

/// `12:30` is 12 * 60 + 30.
std::string base_sixty(bool is_negative, std::string_view text) {
  std::uint64_t total = 0;
  Scanner scan(text);
  if (!scan.take_one_of(kDigits) || text.find(':') == text.npos) return {};
  scan.take_some(kDigitsOrUnderscore, 0, kAny);
  const auto first = value_of(text.substr(0, text.size() - scan.rest().size()), 10);
  if (!first || *first > 1'000'000'000'000) return {};
  total = *first;
  while (scan.take(":")) {
    const std::string_view before = scan.rest();
    if (!scan.take_one_of("012345") && !scan.take_one_of("6789")) return {};
    if (before.front() <= '5') scan.take_one_of(kDigits);
    const std::string_view part = before.substr(0, before.size() - scan.rest().size());
    if (total > 1'000'000'000'000'000) return {};
    total = total * 60 + *value_of(part, 10);
  }
  if (scan.is_at_end()) return text.front() == '0' ? "" : signed_text(is_negative, total);
  const bool has_fraction = scan.take(".") && scan.take_some(kDigitsOrUnderscore, 0, kAny);
  return has_fraction && scan.is_at_end() ? "a number" : "";
}

bool has_only(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == text.npos;
}

/// A number with `_` in it, a fraction or an exponent with a sign.
bool is_float_with_underscores(std::string_view text) {
  if (text.find('_') == text.npos) return false;
  Scanner scan(text);
  const bool has_whole = scan.take_one_of(kDigits);
  if (has_whole) scan.take_some(kDigitsOrUnderscore, 0, kAny);
  if (!scan.take(".")) return false;
  if (!has_whole && !scan.take_one_of(kDigits)) return false;
  scan.take_some(kDigitsOrUnderscore, 0, kAny);
  if (scan.take_one_of("eE")) {
    return scan.take_one_of("+-") && scan.take_some(kDigits, 1, kAny) && scan.is_at_end();
  }
  return scan.is_at_end();
}

/// Of a scalar that begins with `0`, without its sign.
std::string leading_zero(bool is_negative, bool has_sign, std::string_view text) {
  if (text.starts_with("0b") && has_only(text.substr(2), "01_")) {
    return signed_text(is_negative, value_of(text.substr(2), 2));
  }
  if (text.starts_with("0x") && has_only(text.substr(2), "0123456789abcdefABCDEF_")) {
    const bool is_ours = !has_sign && text.find('_') == text.npos;
    return is_ours ? "" : signed_text(is_negative, value_of(text.substr(2), 16));
  }
  if (text.size() < 2 || !has_only(text, kDigitsOrUnderscore)) return {};
  if (!has_only(text, "01234567_")) return text.find('_') == text.npos ? "text" : "";
  const auto value = value_of(text, 8);
  // 007 is the same number either way.
  if (text.find('_') == text.npos && value == value_of(text, 10)) return {};
  return signed_text(is_negative, value);
}

std::string kind_of(const Node& node) {
  if (const auto* text = std::get_if<std::string>(&node.value)) {
    return study::format("'{}' is taken for text", *text);
  }
  std::string value;
  if (const auto* integer = std::get_if<std::int64_t>(&node.value))
    value = std::to_string(*integer);
  return study::format("{} is taken for the number{}{}", node.text, value.empty() ? "" : " ",
                       value);
}

void append_key(std::string& path, std::string_view key) {
  if (!path.empty()) path += '.';
  path += key;
}

class TrapFinder {
 public:
  TrapFinder(std::string path, const std::string& source, std::vector<std::string>& warnings)
      : path_(std::move(path)), source_(source), warnings_(warnings) {}

  void look_at(const Node& node) {
    const std::size_t size = path_.size();
    if (const auto* sequence = std::get_if<Node::Sequence>(&node.value)) {
      for (std::size_t i = 0; i < sequence->size(); ++i) {
        path_ += '[' + std::to_string(i) + ']';
        look_at((*sequence)[i]);
        path_.resize(size);
      }
    } else if (const auto* mapping = std::get_if<Node::Mapping>(&node.value)) {
      for (const Member& member : *mapping) {
        append_key(path_, member.key);
        look_at(member.value);
        path_.resize(size);
      }
    } else if (node.is_plain) {
      look_at_scalar(node);
    }
  }

  [[nodiscard]] std::size_t found() const { return found_; }

 private:
  void look_at_scalar(const Node& node) {
    const auto* const text = std::get_if<std::string>(&node.value);
    const std::string& written = text != nullptr ? *text : node.text;
    const std::string other = yaml_1_1_reading(written);
    if (other.empty() || (++found_, warnings_.size() >= kMaxTypingWarnings)) return;
    const bool is_value = other != "text" && !other.starts_with("a ");
    warnings_.push_back(study::format(
        "{}:{}: {}: {}, but for {} by other readers (YAML 1.1); write {}\"{}\" for the text",
        source_, node.line, path_, kind_of(node), other, is_value ? other + " or " : "", written));
  }

  std::string path_;
  const std::string& source_;
  std::vector<std::string>& warnings_;
  std::size_t found_ = 0;
};

}  // namespace

std::string yaml_1_1_reading(std::string_view text) {
  if (text.size() < 2 || text.size() > 100) return {};
  if (is_true(text)) return "true";
  if (is_false(text)) return "false";
  if (is_timestamp(text)) return text.size() == 10 ? "a date" : "a time";
  const bool has_sign = text.front() == '+' || text.front() == '-';
  const bool is_negative = text.front() == '-';
  if (has_sign) text.remove_prefix(1);
  if (text.empty() || kDigits.find(text.front()) == kDigits.npos) {
    return is_float_with_underscores(text) ? "a number" : "";
  }
  if (is_float_with_underscores(text)) return "a number";
  if (std::string sixty = base_sixty(is_negative, text); !sixty.empty()) return sixty;
  if (text.front() == '0') return leading_zero(is_negative, has_sign, text);
  if (text.find('_') == text.npos || !has_only(text, kDigitsOrUnderscore)) return {};
  return signed_text(is_negative, value_of(text, 10));
}

std::size_t find_typing_traps(const Node& node, const std::string& path, const std::string& source,
                              std::vector<std::string>& warnings) {
  TrapFinder finder(path, source, warnings);
  finder.look_at(node);
  return finder.found();
}

}  // namespace host
