#include "base/format.hpp"
#include "base/json_elements.hpp"
#include "base/json_parser.hpp"

#include <study/error.hpp>
#include <study/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value_stack.hpp>

namespace study {
namespace {

using boost::json::error_code;

constexpr std::size_t kMaxDepth = 200;  // Python's json gives up at about 1,000

/// The double nearest to the text of a JSON number. What is too small for a double becomes zero, as
/// in Python; empty for what is too large. std::from_chars does not tell these two apart, but any
/// approximate value does.
std::optional<double> exact_double(std::string_view text, double approximate) {
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec == std::errc() && std::isfinite(number)) return number;
  if (std::abs(approximate) > 1) return std::nullopt;
  return text.front() == '-' ? -0.0 : 0.0;
}

/// Builds values from the parser's events.
class ValueBuilder : public JsonReceiver {
 public:
  explicit ValueBuilder(boost::json::storage_ptr storage) { reset(std::move(storage)); }

  void reset(boost::json::storage_ptr storage) { stack_.reset(std::move(storage)); }
  [[nodiscard]] boost::json::value release() { return stack_.release(); }

  void end_object(std::size_t size) override {
    check_keys(size);
    stack_.push_object(size);
  }
  void end_array(std::size_t size) override { stack_.push_array(size); }
  void key(std::string_view text, std::size_t offset) override {
    keys_.push_back({key_text_.size(), text.size(), offset});
    key_text_ += text;
    stack_.push_key(text);
  }
  void string(std::string_view text) override { stack_.push_string(text); }
  void number(std::string_view text, double approximate, std::size_t offset) override {
    if (is_integer_text(text)) return integer(text, offset);
    const std::optional<double> number = exact_double(text, approximate);
    if (!number) refuse("number", text, "is too large for a double", offset);
    stack_.push_double(*number);
  }
  void boolean(bool value) override { stack_.push_bool(value); }
  void null() override { stack_.push_null(); }

 private:
  /// A key of an object that is not yet complete; its text is in key_text_.
  struct Key {
    std::size_t begin;
    std::size_t size;
    std::size_t offset;  ///< in the text
  };

  [[noreturn]] static void refuse(const char* kind, std::string_view text, const char* why,
                                  std::size_t offset) {
    throw JsonRefusal(study::format("the {} {} {}", kind, text.substr(0, 40), why), offset);
  }

  void integer(std::string_view text, std::size_t offset) {
    const char* const end = text.data() + text.size();
    std::int64_t number = 0;
    if (std::from_chars(text.data(), end, number).ec == std::errc()) {
      return stack_.push_int64(number);
    }
    std::uint64_t large = 0;
    if (std::from_chars(text.data(), end, large).ec != std::errc()) {
      refuse("integer", text, "does not fit 64 bits", offset);
    }
    stack_.push_uint64(large);
  }

  [[nodiscard]] std::string_view text_of(const Key& key) const {
    return std::string_view(key_text_).substr(key.begin, key.size);
  }

  /// Takes the keys of the object that ends here, the last `size`, and refuses equal ones.
  void check_keys(std::size_t size) {
    const auto begin = keys_.end() - static_cast<std::ptrdiff_t>(size);
    const std::size_t text_begin = size == 0 ? key_text_.size() : begin->begin;
    std::sort(begin, keys_.end(), [this](const Key& a, const Key& b) {
      const int order = text_of(a).compare(text_of(b));
      return order != 0 ? order < 0 : a.begin < b.begin;
    });
    const auto twin = std::adjacent_find(begin, keys_.end(), [this](const Key& a, const Key& b) {
      return text_of(a) == text_of(b);
    });
    if (twin != keys_.end()) {
      const Key& second = *(twin + 1);
      throw JsonRefusal("the key \"" + std::string(text_of(second)) + "\" appears twice",
                        second.offset);
    }
    keys_.erase(begin, keys_.end());
    key_text_.resize(text_begin);
  }

  boost::json::value_stack stack_;
  std::string key_text_;
  std::vector<Key> keys_;  ///< of all objects that are open, the innermost one's last
};

/// Builds the root, and hands over each element of one list in it as soon as it is whole.
class ElementTaker final : public JsonReceiver {
 public:
  ElementTaker(std::string_view list, const TakeElement& take)
      : list_(list), take_(take), root_({}), element_({}) {
    begin_element();
  }

  [[nodiscard]] boost::json::value release() { return root_.release(); }

  void begin_object() override { ++depth_; }
  void end_object(std::size_t size) override {
    --depth_;
    put([size](ValueBuilder& builder) { builder.end_object(size); });
  }
  void begin_array() override {
    ++depth_;
    if (depth_ == kListDepth && is_next_) is_in_list_ = true;
  }
  void end_array(std::size_t size) override {
    const bool is_list = is_in_list_ && depth_ == kListDepth;
    --depth_;
    if (is_list) is_in_list_ = false;
    put([size, is_list](ValueBuilder& builder) { builder.end_array(is_list ? 0 : size); });
  }
  void key(std::string_view text, std::size_t offset) override {
    if (depth_ == 1) is_next_ = text == list_;
    (is_in_list_ ? element_ : root_).key(text, offset);
  }
  void string(std::string_view text) override {
    put([text](ValueBuilder& builder) { builder.string(text); });
  }
  void number(std::string_view text, double approximate, std::size_t offset) override {
    put([=](ValueBuilder& builder) { builder.number(text, approximate, offset); });
  }
  void boolean(bool value) override {
    put([value](ValueBuilder& builder) { builder.boolean(value); });
  }
  void null() override {
    put([](ValueBuilder& builder) { builder.null(); });
  }

 private:
  static constexpr int kListDepth = 2;  ///< of what is in the list

  template <class Put>
  void put(const Put& put_into) {
    if (!is_in_list_) return put_into(root_);
    put_into(element_);
    if (depth_ > kListDepth) return;
    {
      boost::json::value whole = element_.release();
      take_(whole);
    }
    begin_element();
  }

  void begin_element() {
    arena_.emplace(buffer_.data(), buffer_.size());
    element_.reset(&*arena_);
  }

  std::string_view list_;
  const TakeElement& take_;
  int depth_ = 0;
  bool is_next_ = false;  ///< the member of the root that comes is the list
  bool is_in_list_ = false;
  ValueBuilder root_;
  std::array<unsigned char, 4096> buffer_;  ///< of elements, one after the other
  std::optional<boost::json::monotonic_resource> arena_;
  ValueBuilder element_;
};

[[noreturn]] void fail(std::string_view text, std::string_view source, std::size_t offset,
                       const std::string& what) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = offset - (before.rfind('\n') + 1) + 1;
  throw InputError(study::format("{}:{}: {} (column {})", source, line, what, column));
}

/// What to say of text that the parser stopped at.
std::string describe(const error_code& ec, std::string_view rest) {
  for (const std::string_view literal : {"NaN", "Infinity"}) {
    if (rest.starts_with(literal)) return std::string(literal) + " is not a JSON number";
  }
  if (ec == boost::json::error::too_deep) {
    return "nested deeper than " + std::to_string(kMaxDepth) + " levels";
  }
  return "not valid JSON: " + ec.message();
}

void parse_into(JsonReceiver& receiver, std::string_view text, std::string_view source) {
  JsonParser parser(receiver, {.max_depth = kMaxDepth});
  error_code error;
  try {
    const std::size_t used = parser.read(text, true, error);
    if (error) fail(text, source, used, describe(error, text.substr(used)));
  } catch (const JsonRefusal& refusal) {
    fail(text, source, refusal.offset(), refusal.what());
  }
}

}  // namespace

boost::json::value parse_json(std::string_view text, std::string_view source,
                              boost::json::storage_ptr storage) {
  ValueBuilder builder(std::move(storage));
  parse_into(builder, text, source);
  return builder.release();
}

boost::json::value parse_json(std::string_view text, std::string_view source, std::string_view list,
                              const TakeElement& take) {
  ElementTaker taker(list, take);
  parse_into(taker, text, source);
  return taker.release();
}

}  // namespace study
