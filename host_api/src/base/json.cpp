#include "base/json_writer.hpp"

#include <study/error.hpp>
#include <study/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_stack.hpp>

namespace study {
namespace {

using boost::json::error_code;
using JsonView = boost::json::string_view;

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
class ValueBuilder {
 public:
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  ValueBuilder(std::string_view text, boost::json::storage_ptr storage) : text_(text) {
    stack_.reset(std::move(storage));
  }

  [[nodiscard]] boost::json::value release() { return stack_.release(); }
  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  [[nodiscard]] std::size_t refused_at() const { return refused_at_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t size, error_code&) {
    stack_.push_array(size);
    return true;
  }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t size, error_code& ec) {
    if (!check_keys(size, ec)) return false;
    stack_.push_object(size);
    return true;
  }
  bool on_key_part(JsonView part, std::size_t, error_code&) {
    key_text_.append(part.data(), part.size());
    stack_.push_chars(part);
    return true;
  }
  bool on_key(JsonView part, std::size_t total, error_code&) {
    key_text_.append(part.data(), part.size());
    keys_.push_back({key_text_.size() - total, total, offset_of(part)});
    stack_.push_key(part);
    return true;
  }
  bool on_string_part(JsonView part, std::size_t, error_code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(JsonView part, std::size_t, error_code&) {
    stack_.push_string(part);
    return true;
  }
  bool on_number_part(JsonView part, error_code&) {
    number_text_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, JsonView, error_code&) {
    number_text_.clear();
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, JsonView, error_code&) {
    number_text_.clear();
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double approximate, JsonView part, error_code& ec) {
    number_text_.append(part.data(), part.size());
    const std::string text = std::exchange(number_text_, {});
    if (text.find_first_of(".eE") == std::string::npos) {
      return refuse("the integer " + text.substr(0, 40) + " does not fit 64 bits", offset_of(part),
                    ec);
    }
    const std::optional<double> number = exact_double(text, approximate);
    if (!number) {
      return refuse("the number " + text.substr(0, 40) + " is too large for a double",
                    offset_of(part), ec);
    }
    stack_.push_double(*number);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(JsonView, error_code&) { return true; }
  bool on_comment(JsonView, error_code&) { return true; }

 private:
  /// A key of an object that is not yet complete; its text is in key_text_.
  struct Key {
    std::size_t begin;
    std::size_t size;
    std::size_t offset;  ///< in the text
  };

  /// Where `part` is in the text; npos if it had escapes and lies in a buffer.
  [[nodiscard]] std::size_t offset_of(JsonView part) const {
    const auto address = reinterpret_cast<std::uintptr_t>(part.data());
    const auto begin = reinterpret_cast<std::uintptr_t>(text_.data());
    return address >= begin && address < begin + text_.size() ? address - begin
                                                              : std::string_view::npos;
  }

  [[nodiscard]] std::string_view text_of(const Key& key) const {
    return std::string_view(key_text_).substr(key.begin, key.size);
  }

  /// Takes the keys of the object that ends here, the last `size`, and refuses equal ones.
  bool check_keys(std::size_t size, error_code& ec) {
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
      return refuse("the key \"" + std::string(text_of(second)) + "\" appears twice", second.offset,
                    ec);
    }
    keys_.erase(begin, keys_.end());
    key_text_.resize(text_begin);
    return true;
  }

  bool refuse(std::string why, std::size_t offset, error_code& ec) {
    refusal_ = std::move(why);
    refused_at_ = offset;
    ec = boost::json::error::syntax;
    return false;
  }

  std::string_view text_;
  boost::json::value_stack stack_;
  std::string key_text_;
  std::vector<Key> keys_;  ///< of all objects that are open, the innermost one's last
  std::string number_text_;
  std::string refusal_;
  std::size_t refused_at_ = 0;  ///< npos: where the parser stopped
};

[[noreturn]] void fail(std::string_view text, std::string_view source, std::size_t offset,
                       const std::string& what) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = offset - (before.rfind('\n') + 1) + 1;
  throw InputError(std::string(source) + ":" + std::to_string(line) + ": " + what + " (column " +
                   std::to_string(column) + ")");
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

}  // namespace

boost::json::value parse_json(std::string_view text, std::string_view source,
                              boost::json::storage_ptr storage) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::basic_parser<ValueBuilder> parser(options, text, std::move(storage));
  error_code ec;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), ec);
  const ValueBuilder& builder = parser.handler();
  if (!builder.refusal().empty()) {
    fail(text, source, std::min(builder.refused_at(), consumed), builder.refusal());
  }
  if (!ec && consumed < text.size()) ec = boost::json::error::extra_data;
  if (ec) fail(text, source, consumed, describe(ec, text.substr(consumed)));
  return parser.handler().release();
}

void append_json(std::string& out, const boost::json::value& value) {
  JsonWriter(out, kCompactStyle).write(value);
}

}  // namespace study
