#include "report/result_columns.hpp"

#include "base/json_parser.hpp"

#include <study/posix.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <variant>

#include <unistd.h>

namespace host {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::size_t kMaxKeyBytes = 200;

}  // namespace

/// The fields of one result, kept until it has proved to be JSON.
class ResultColumns::Leaves final : public study::JsonReceiver {
 public:
  using Value = std::variant<double, bool, std::string>;

  void begin_object() override {
    if (arrays_ == 0) bases_.push_back(path_.size());
  }
  void end_object(std::size_t) override {
    if (arrays_ > 0) return;
    path_.resize(bases_.back());
    bases_.pop_back();
  }
  void begin_array() override { ++arrays_; }
  void end_array(std::size_t) override { --arrays_; }
  void key(std::string_view text, std::size_t) override {
    if (arrays_ > 0) return;
    path_.resize(bases_.back());
    if (!path_.empty()) path_ += '.';
    path_ += text;
  }
  void string(std::string_view text) override {
    if (text.size() <= kMaxFieldTextBytes) add(std::string(text));
  }
  void number(std::string_view, double approximate, std::size_t) override {
    if (std::isfinite(approximate)) add(approximate);
  }
  void boolean(bool value) override { add(value); }

  [[nodiscard]] const std::vector<std::pair<std::string, Value>>& list() const { return list_; }

 private:
  /// What is in an array, or is the whole result, has no name of its own.
  void add(Value value) {
    if (arrays_ > 0 || bases_.empty() || path_.size() > kMaxKeyBytes) return;
    if (list_.size() < kMaxResultFields) list_.emplace_back(path_, std::move(value));
  }

  std::string path_;
  std::vector<std::size_t> bases_;  ///< lengths of the paths of the objects around
  std::size_t arrays_ = 0;          ///< around
  std::vector<std::pair<std::string, Value>> list_;
};

ResultColumns::Reading ResultColumns::add(std::uint32_t run, int fd) {
  Leaves leaves;
  study::JsonParser parser(leaves, {});
  std::array<char, 65536> piece;
  boost::json::error_code error;
  for (std::size_t size = 0;;) {
    const auto count =
        study::retry_if_interrupted([&] { return ::read(fd, piece.data(), piece.size()); });
    if (count < 0) return Reading::unreadable;
    size += static_cast<std::size_t>(count);
    if (size > kMaxResultBytes) return Reading::too_large;
    parser.read({piece.data(), static_cast<std::size_t>(count)}, count == 0, error);
    if (error) return Reading::unreadable;
    if (count == 0) break;
  }
  take(run, leaves);
  return Reading::taken;
}

/// Null for one of too many.
ResultColumns::Field* ResultColumns::field_of(const std::string& key) {
  if (const auto found = fields_.find(key); found != fields_.end()) return &found->second;
  if (fields_.size() == kMaxResultFields) return nullptr;
  return &fields_.emplace(key, Field{kNone, kNone}).first->second;
}

void ResultColumns::take(std::uint32_t run, const Leaves& leaves) {
  for (const auto& [key, value] : leaves.list()) {
    Field* const field = field_of(key);
    if (field == nullptr) continue;
    if (const auto* text = std::get_if<std::string>(&value)) {
      take_text(run, *field, key, *text);
      continue;
    }
    if (field->numbers == kNone) {
      field->numbers = numbers_.size();
      numbers_.push_back({study::to_valid_utf8(key), true, {}});
    }
    Numbers& column = numbers_[field->numbers];
    const bool* const boolean = std::get_if<bool>(&value);
    if (boolean == nullptr) column.is_boolean = false;
    const double number =
        boolean == nullptr ? std::get<double>(value) : static_cast<double>(*boolean);
    if (!column.values.empty() && column.values.back().first == run) {
      column.values.back().second = number;  // a key that is there twice: the last one counts
    } else {
      column.values.emplace_back(run, number);
    }
  }
}

void ResultColumns::take_text(std::uint32_t run, Field& field, const std::string& key,
                              const std::string& text) {
  if (field.texts == kNone) {
    field.texts = texts_.size();
    texts_.push_back({study::to_valid_utf8(key), {}, {}});
  }
  Texts& column = texts_[field.texts];
  const auto next = static_cast<std::uint32_t>(column.values.size());
  const auto [known, is_new] = field.known.emplace(text, next);
  if (is_new) column.values.push_back(study::to_valid_utf8(text));
  if (!column.of.empty() && column.of.back().first == run) {
    column.of.back().second = known->second;
  } else {
    column.of.emplace_back(run, known->second);
  }
}

namespace {

/// Gives how many were dropped.
template <class Column, class Count>
std::size_t keep_largest(std::vector<Column>& columns, std::size_t most, const Count& count) {
  if (columns.size() <= most) return 0;
  std::vector<std::size_t> order(columns.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return count(columns[a]) > count(columns[b]);
  });
  order.resize(most);
  std::sort(order.begin(), order.end());
  std::vector<Column> kept;
  kept.reserve(order.size());
  for (const std::size_t i : order) kept.push_back(std::move(columns[i]));
  const std::size_t dropped = columns.size() - kept.size();
  columns = std::move(kept);
  return dropped;
}

}  // namespace

void ResultColumns::keep_commonest(std::size_t numbers, std::size_t texts) {
  fields_.clear();
  left_out_ += keep_largest(numbers_, numbers, [](const Numbers& c) { return c.values.size(); });
  left_out_ += keep_largest(texts_, texts, [](const Texts& c) { return c.of.size(); });
}

}  // namespace host
