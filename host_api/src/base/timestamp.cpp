#include <study/timestamp.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

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

/// A timestamp while it is written.
class TimestampText {
 public:
  void add(char c) { chars_[size_++] = c; }

  /// `value`, which must not be negative, in exactly `kWidth` digits.
  template <std::size_t kWidth>
  void add_digits(std::int64_t value) {
    auto rest = static_cast<std::uint32_t>(value);
    for (std::size_t i = kWidth; i-- > 0; rest /= 10) {
      chars_[size_ + i] = static_cast<char>('0' + rest % 10);
    }
    size_ += kWidth;
  }

  [[nodiscard]] std::string_view view() const { return {chars_.data(), size_}; }

 private:
  std::array<char, std::string_view("2026-02-27T16:30:00.000000Z").size()> chars_{};
  std::size_t size_ = 0;
};

/// A time that four digits of a year can't tell becomes the nearest one that they can: text that
/// nobody can read back would be worse.
[[nodiscard]] Timestamp showable(Timestamp time) {
  return std::clamp(time, kEarliest, kLatest);
}

/// `2026-02-27T16:30:00`, with the given character between hours, minutes and seconds.
void add_seconds(TimestampText& text, Timestamp time, char separator) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  text.add_digits<4>(static_cast<int>(date.year()));
  text.add('-');
  text.add_digits<2>(static_cast<unsigned>(date.month()));
  text.add('-');
  text.add_digits<2>(static_cast<unsigned>(date.day()));
  text.add('T');
  text.add_digits<2>(clock.hours().count());
  text.add(separator);
  text.add_digits<2>(clock.minutes().count());
  text.add(separator);
  text.add_digits<2>(clock.seconds().count());
}

/// Consumes a text from its front. After the first failure everything fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  [[nodiscard]] bool skip(char upper, char lower) {
    if (rest_.empty() || (rest_.front() != upper && rest_.front() != lower)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char upper, char lower) { ok_ = skip(upper, lower) && ok_; }
  void expect(char c) { expect(c, c); }

  /// Exactly `width` digits that make at most `limit`.
  int number(std::size_t width, int limit) {
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (!digit_next()) return fail();
      value = value * 10 + take_digit();
    }
    return value <= limit ? value : fail();
  }

  /// One digit or more after the point, as microseconds; what is smaller is cut off.
  microseconds fraction() {
    if (!digit_next()) fail();
    std::int64_t value = 0;
    for (std::int64_t scale = 100'000; digit_next(); scale /= 10) value += take_digit() * scale;
    return microseconds(value);
  }

 private:
  [[nodiscard]] bool digit_next() const {
    return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }
  int take_digit() {
    const int digit = rest_.front() - '0';
    rest_.remove_prefix(1);
    return digit;
  }
  int fail() {
    ok_ = false;
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

minutes scan_offset(Scanner& scan) {
  if (scan.skip('Z', 'z')) return minutes(0);
  const bool west = scan.skip('-', '-');
  if (!west) scan.expect('+');
  const hours whole(scan.number(2, 23));
  scan.expect(':');
  const minutes offset = whole + minutes(scan.number(2, 59));
  return west ? -offset : offset;
}

}  // namespace

Timestamp now() {
  return std::chrono::floor<microseconds>(std::chrono::system_clock::now());
}

void append_timestamp(std::string& out, Timestamp time) {
  time = showable(time);
  TimestampText text;
  add_seconds(text, time, ':');
  const auto fraction = time - std::chrono::floor<seconds>(time);
  if (fraction.count() != 0) {
    text.add('.');
    text.add_digits<6>(fraction.count());
  }
  text.add('Z');
  out += text.view();
}

std::string format_timestamp(Timestamp time) {
  std::string out;
  append_timestamp(out, time);
  return out;
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  Scanner scan(text);
  const int y = scan.number(4, 9999);
  scan.expect('-');
  const int m = scan.number(2, 12);
  scan.expect('-');
  const int d = scan.number(2, 31);
  scan.expect('T', 't');
  const hours h(scan.number(2, 23));
  scan.expect(':');
  const minutes min(scan.number(2, 59));
  scan.expect(':');
  const seconds s(scan.number(2, 59));  // 60 is a leap second, which a Timestamp can't tell
  const microseconds fraction = scan.skip('.', '.') ? scan.fraction() : microseconds(0);
  const minutes offset = scan_offset(scan);

  const std::chrono::year_month_day date(year(y), std::chrono::month(static_cast<unsigned>(m)),
                                         std::chrono::day(static_cast<unsigned>(d)));
  if (!scan.ok() || !scan.at_end() || !date.ok()) return std::nullopt;
  const Timestamp time = Timestamp(sys_days(date)) + h + min + s + fraction - offset;
  if (time < kEarliest || time > kLatest) return std::nullopt;
  return time;
}

std::string file_name_timestamp(Timestamp time) {
  TimestampText text;
  add_seconds(text, showable(time), '-');
  return std::string(text.view());
}

}  // namespace study
