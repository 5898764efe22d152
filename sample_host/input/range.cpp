#include "input/range.hpp"

#include "base/format.hpp"
#include "input/sweep.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace host {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 9> kRangeKeys = {"from",  "to",  "step", "factor", "count",
                                                        "scale", "min", "max",  "num"};
constexpr std::array<std::string_view, 4> kEndKeys = {"from", "to", "min", "max"};
constexpr std::string_view kForms =
    "a range has 'from' and 'to' and one of 'step', 'factor' and 'count', such as "
    "{from: 1, to: 9, step: 2}; a mapping that is one value goes into a list: [{…}]";
/// Beyond it a double has no fractions, and sums may go wrong.
constexpr double kMaxInteger = 9007199254740992.0;

template <std::size_t N>
bool is_one_of(std::string_view key, const std::array<std::string_view, N>& keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool is_range_mapping(const Node& node) {
  const auto* const mapping = std::get_if<Node::Mapping>(&node.value);
  if (mapping == nullptr || mapping->size() < 2) return false;
  const auto is_known = [](const Member& member) { return is_one_of(member.key, kRangeKeys); };
  const auto is_end = [](const Member& member) { return is_one_of(member.key, kEndKeys); };
  return std::all_of(mapping->begin(), mapping->end(), is_known) &&
         std::any_of(mapping->begin(), mapping->end(), is_end);
}

struct Number {
  double value = 0;
  bool is_integer = false;
};

Number read_number(const FieldReader& reader) {
  const double value = reader.number();
  const bool is_integer = !std::holds_alternative<double>(reader.node().value);
  if (is_integer && std::abs(value) > kMaxInteger) {
    reader.fail_expected("a number of at most 2^53 in a range");
  }
  return {value, is_integer};
}

double ten_digits(double value) {
  std::array<char, 40> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 10)
          .ptr;
  std::from_chars(text.data(), end, value);
  return value;
}

/// `min`, `max` and `num` are other words for `from`, `to` and `count`.
struct Range {
  const FieldReader* whole;
  std::optional<Number> from, to, step, factor;
  std::optional<std::size_t> count;
  bool is_log = false;
  bool is_pow2 = false;

  [[nodiscard]] bool has_integer_ends() const { return from->is_integer && to->is_integer; }
};

std::size_t read_count(const FieldReader& reader) {
  return static_cast<std::size_t>(reader.integer(2, static_cast<std::int64_t>(kMaxConfigurations)));
}

void read_members(const FieldReader& reader, Range& range) {
  for (const FieldReader& member : reader.members(kRangeKeys)) {
    const std::string& key = member.key();
    if (key == "from" || key == "min") range.from = read_number(member);
    if (key == "to" || key == "max") range.to = read_number(member);
    if (key == "step") range.step = read_number(member);
    if (key == "factor") range.factor = read_number(member);
    if (key == "count" || key == "num") range.count = read_count(member);
    if (key == "scale") {
      if (member.text() != "log" && member.text() != "linear") {
        member.fail_expected("linear or log");
      }
      range.is_log = member.text() == "log";
    }
  }
}

void check(const Range& range) {
  const int n_ways = range.step.has_value() + range.factor.has_value() + range.count.has_value();
  if (!range.from || !range.to || n_ways != (range.is_pow2 ? 0 : 1)) range.whole->fail(kForms);
  if (range.is_log && !range.count) range.whole->fail("a range of the scale 'log' has a 'count'");
  const bool must_be_positive = range.is_log || range.is_pow2 || range.factor;
  if (must_be_positive && (range.from->value <= 0 || range.to->value <= 0)) {
    range.whole->fail("both ends must be greater than 0 in a range that is not linear");
  }
  const bool may_go_down = range.step || range.factor;
  if (!may_go_down && range.from->value > range.to->value) {
    range.whole->fail("the range ends before it begins");
  }
}

Range read_range(const FieldReader& reader) {
  Range range{&reader, {}, {}, {}, {}, {}};
  const std::vector<FieldReader> members = reader.members();
  if (members.size() == 1) {
    range.is_log = members.front().key() == "log";
    range.is_pow2 = members.front().key() == "pow2";
    const bool is_log = range.is_log;
    read_members(members.front(), range);
    range.is_log = range.is_log || is_log;
  } else {
    read_members(reader, range);
  }
  check(range);
  return range;
}

/// Doubles as values, equal ones once.
std::vector<json::value> values_of(const std::vector<double>& numbers, bool as_integers) {
  std::vector<json::value> out;
  out.reserve(numbers.size());
  double last = 0;
  for (const double number : numbers) {
    if (!out.empty() && number == last) continue;
    last = number;
    out.emplace_back(as_integers ? json::value(static_cast<std::int64_t>(number))
                                 : json::value(number));
  }
  return out;
}

std::vector<json::value> counted(const Range& range) {
  const double from = range.from->value;
  const double to = range.to->value;
  const double n_steps = static_cast<double>(*range.count - 1);
  const bool is_whole =
      !range.is_log && range.has_integer_ends() && std::fmod(to - from, n_steps) == 0;
  std::vector<double> numbers{from};
  for (std::size_t i = 1; i + 1 < *range.count; ++i) {
    const auto at = static_cast<double>(i);
    numbers.push_back(is_whole       ? from + (to - from) / n_steps * at
                      : range.is_log ? ten_digits(from * std::pow(to / from, at / n_steps))
                                     : ten_digits(from + (to - from) * at / n_steps));
  }
  numbers.push_back(to);
  const bool are_integral = std::all_of(numbers.begin(), numbers.end(),
                                        [](double number) { return number == std::trunc(number); });
  return values_of(numbers, is_whole || (range.is_log && range.has_integer_ends() && are_integral));
}

/// How often `next` can be taken from `from` without passing `to`.
template <class Next>
std::vector<double> walk(const Range& range, bool goes_up, const Next& next) {
  const double to = range.to->value;
  const double slack = std::abs(to) * 1e-10;  // what rounding to ten digits may come to
  std::vector<double> numbers;
  for (std::size_t i = 0;; ++i) {
    double number = i == 0 ? range.from->value : next(i);
    if (std::abs(number - to) <= slack) number = to;
    if (goes_up ? number > to : number < to) break;
    numbers.push_back(number);
    if (number == to) break;
    if (numbers.size() > kMaxConfigurations) {
      range.whole->fail(study::format("the range has more than {} values", kMaxConfigurations));
    }
  }
  if (numbers.empty()) range.whole->fail("the range is empty: it doesn't lead from 'from' to 'to'");
  return numbers;
}

std::vector<json::value> stepped(const Range& range) {
  const double from = range.from->value;
  const double step = range.step->value;
  if (step == 0) range.whole->fail("a step of 0 leads nowhere");
  const bool is_whole = range.from->is_integer && range.step->is_integer;
  const auto next = [=](std::size_t i) {
    const double number = from + step * static_cast<double>(i);
    return is_whole ? number : ten_digits(number);
  };
  return values_of(walk(range, step > 0, next), is_whole);
}

std::vector<json::value> multiplied(const Range& range) {
  const double from = range.from->value;
  const double factor = range.factor->value;
  if (factor <= 0 || factor == 1) {
    range.whole->fail("a factor must be greater than 0, and not 1");
  }
  const bool is_whole = range.from->is_integer && range.factor->is_integer;
  const auto next = [=](std::size_t i) {
    const double number = from * std::pow(factor, static_cast<double>(i));
    return is_whole ? number : ten_digits(number);
  };
  return values_of(walk(range, factor > 1, next), is_whole);
}

std::vector<json::value> powers_of_two(const Range& range) {
  constexpr int kMaxExponent = 62;
  std::vector<double> numbers;
  for (int exponent = -1074; exponent <= 1023; ++exponent) {
    const double number = std::ldexp(1.0, exponent);
    if (number < range.from->value || number > range.to->value) continue;
    if (exponent > kMaxExponent) range.whole->fail("the range leads beyond 64 bits");
    numbers.push_back(number);
  }
  if (numbers.empty()) range.whole->fail("there is no power of two in the range");
  return values_of(numbers, numbers.front() >= 1);
}

}  // namespace

bool is_range(const FieldReader& reader) {
  const auto* const mapping = std::get_if<Node::Mapping>(&reader.node().value);
  if (mapping == nullptr) return false;
  if (mapping->size() != 1) return is_range_mapping(reader.node());
  const Member& only = mapping->front();
  return (only.key == "log" || only.key == "pow2") && is_range_mapping(only.value);
}

std::vector<json::value> range_values(const FieldReader& reader) {
  const Range range = read_range(reader);
  if (range.is_pow2) return powers_of_two(range);
  if (range.step) return stepped(range);
  return range.factor ? multiplied(range) : counted(range);
}

}  // namespace host
