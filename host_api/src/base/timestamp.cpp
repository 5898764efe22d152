#include <study/timestamp.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace study {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;

constexpr Timestamp kEarliest = sys_days(year(0) / 1 / 1);
constexpr Timestamp kLatest = Timestamp(sys_days(year(9999) / 12 / 31)) + days(1) - microseconds(1);

/// Writes `value`, which must not be negative, in exactly `kWidth` digits and `after` behind them;
/// gives where that ends.
template <std::size_t kWidth>
char* put(char* at, std::int64_t value, char after) {
  auto rest = static_cast<std::uint32_t>(value);
  for (std::size_t i = kWidth; i-- > 0; rest /= 10) at[i] = static_cast<char>('0' + rest % 10);
  at[kWidth] = after;
  return at + kWidth + 1;
}

/// How much of the text comes before the fraction's point.
constexpr std::size_t kSecondsSize = std::string_view("2026-02-27T16:30:00").size();
using Text = std::array<char, std::string_view("2026-02-27T16:30:00.000000Z").size()>;

/// With the given character between hours, minutes and seconds. A time that four digits of a year
/// can't tell becomes the nearest one that they can: text that nobody can read back would be worse.
Text text_of(Timestamp time, char separator) {
  time = std::clamp(time, kEarliest, kLatest);
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  Text text{};
  char* at = put<4>(text.data(), static_cast<int>(date.year()), '-');
  at = put<2>(at, static_cast<unsigned>(date.month()), '-');
  at = put<2>(at, static_cast<unsigned>(date.day()), 'T');
  at = put<2>(at, clock.hours().count(), separator);
  at = put<2>(at, clock.minutes().count(), separator);
  at = put<2>(at, clock.seconds().count(), '.');
  put<6>(at, clock.subseconds().count(), 'Z');
  return text;
}

/// Consumes a text from its front. After the first failure everything fails.
struct Scanner {
  std::string_view rest;
  bool ok = true;

  [[nodiscard]] bool skip(std::string_view any_of) {
    if (rest.empty() || any_of.find(rest.front()) == std::string_view::npos) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any_of) { ok = skip(any_of) && ok; }

  /// Exactly `width` digits that make at most `limit`.
  unsigned number(std::size_t width, unsigned limit) {
    const std::string_view digits = rest.substr(0, width);
    const char* const end = digits.data() + digits.size();
    unsigned value = 0;
    const auto read = std::from_chars(digits.data(), end, value);
    ok = ok && digits.size() == width && read.ec == std::errc() && read.ptr == end;
    ok = ok && value <= limit;
    rest.remove_prefix(digits.size());
    return value;
  }

  /// One digit or more after the point, as microseconds; what is smaller is cut off.
  microseconds fraction() {
    const std::string_view digits = rest.substr(0, rest.find_first_not_of("0123456789"));
    ok = ok && !digits.empty();
    rest.remove_prefix(digits.size());
    std::string six(digits.substr(0, 6));
    six.resize(6, '0');
    return microseconds(Scanner{six}.number(6, 999'999));
  }
};

minutes scan_offset(Scanner& scan) {
  if (scan.skip("Zz")) return minutes(0);
  const bool west = scan.skip("-");
  if (!west) scan.expect("+");
  const hours whole(scan.number(2, 23));
  scan.expect(":");
  const minutes offset = whole + minutes(scan.number(2, 59));
  return west ? -offset : offset;
}

}  // namespace

Timestamp now() {
  return std::chrono::floor<microseconds>(std::chrono::system_clock::now());
}

void append_timestamp(std::string& out, Timestamp time) {
  const Text text = text_of(time, ':');
  const std::string_view whole(text.data(), text.size());
  const bool has_fraction = !whole.ends_with(".000000Z");
  out += has_fraction ? whole : whole.substr(0, kSecondsSize);
  if (!has_fraction) out += 'Z';
}

std::string format_timestamp(Timestamp time) {
  std::string out;
  append_timestamp(out, time);
  return out;
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  Scanner scan{text};
  const year y(static_cast<int>(scan.number(4, 9999)));
  scan.expect("-");
  const std::chrono::month m(scan.number(2, 12));
  scan.expect("-");
  const std::chrono::day d(scan.number(2, 31));
  scan.expect("Tt");
  const hours h(scan.number(2, 23));
  scan.expect(":");
  const minutes min(scan.number(2, 59));
  scan.expect(":");
  const seconds s(scan.number(2, 59));  // 60 is a leap second, which a Timestamp can't tell
  const microseconds fraction = scan.skip(".") ? scan.fraction() : microseconds(0);
  const minutes offset = scan_offset(scan);

  const std::chrono::year_month_day date(y, m, d);
  if (!scan.ok || !scan.rest.empty() || !date.ok()) return std::nullopt;
  const Timestamp time = Timestamp(sys_days(date)) + h + min + s + fraction - offset;
  if (time < kEarliest || time > kLatest) return std::nullopt;
  return time;
}

std::string file_name_timestamp(Timestamp time) {
  return std::string(text_of(time, '-').data(), kSecondsSize);
}

}  // namespace study
