#include "base/json_parser.hpp"

#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>

namespace study {

using boost::json::error_code;
using Text = boost::json::string_view;

/// The parser's events, put together: what it tells in parts is told whole.
class JsonParser::Handler {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the names that the parser asks for
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  // NOLINTEND(readability-identifier-naming)

  explicit Handler(JsonReceiver& receiver) : receiver_(receiver) {}

  void begin_piece(std::string_view piece) { piece_ = piece; }
  void end_piece() { before_piece_ += piece_.size(); }
  /// What a receiver refuses without knowing where is refused where the parser stopped.
  void rethrow_refusal(std::size_t used) {
    if (!thrown_) return;
    try {
      std::rethrow_exception(std::exchange(thrown_, nullptr));
    } catch (const JsonRefusal& refusal) {
      if (refusal.offset() != kNoOffset) throw;
      throw JsonRefusal(refusal.what(), before_piece_ + used);
    }
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& error) { return tell(error, &JsonReceiver::begin_object); }
  bool on_object_end(std::size_t size, error_code& error) {
    return tell(error, &JsonReceiver::end_object, size);
  }
  bool on_array_begin(error_code& error) { return tell(error, &JsonReceiver::begin_array); }
  bool on_array_end(std::size_t size, error_code& error) {
    return tell(error, &JsonReceiver::end_array, size);
  }
  bool on_key_part(Text part, std::size_t, error_code&) { return append(part); }
  bool on_key(Text part, std::size_t, error_code& error) {
    return tell(error, &JsonReceiver::key, whole(part), offset_of(part));
  }
  bool on_string_part(Text part, std::size_t, error_code&) { return append(part); }
  bool on_string(Text part, std::size_t, error_code& error) {
    return tell(error, &JsonReceiver::string, whole(part));
  }
  bool on_number_part(Text part, error_code&) { return append(part); }
  bool on_int64(std::int64_t number, Text part, error_code& error) {
    return on_double(static_cast<double>(number), part, error);
  }
  bool on_uint64(std::uint64_t number, Text part, error_code& error) {
    return on_double(static_cast<double>(number), part, error);
  }
  bool on_double(double number, Text part, error_code& error) {
    return tell(error, &JsonReceiver::number, whole(part), number, offset_of(part));
  }
  bool on_bool(bool value, error_code& error) { return tell(error, &JsonReceiver::boolean, value); }
  bool on_null(error_code& error) { return tell(error, &JsonReceiver::null); }
  bool on_comment_part(Text, error_code&) { return true; }
  bool on_comment(Text, error_code&) { return true; }

 private:
  /// What the receiver throws waits until the parser has said how far it is.
  template <class Event, class... Arguments>
  bool tell(error_code& error, Event event, Arguments... arguments) {
    try {
      (receiver_.*event)(arguments...);
      if (!text_.empty()) text_.clear();
      return true;
    } catch (...) {
      thrown_ = std::current_exception();
      error = boost::json::error::syntax;
      return false;
    }
  }

  bool append(Text part) {
    text_.append(part.data(), part.size());
    return true;
  }

  [[nodiscard]] std::string_view whole(Text last_part) {
    if (text_.empty()) return last_part;
    append(last_part);
    return text_;
  }

  /// A token with escapes lies in a buffer of the parser's.
  [[nodiscard]] std::size_t offset_of(Text part) const {
    const auto address = reinterpret_cast<std::uintptr_t>(part.data());
    const auto begin = reinterpret_cast<std::uintptr_t>(piece_.data());
    if (address < begin || address >= begin + piece_.size()) return kNoOffset;
    return before_piece_ + (address - begin);
  }

  JsonReceiver& receiver_;
  std::string text_;  ///< the parts of a token that came so far
  std::string_view piece_;
  std::size_t before_piece_ = 0;
  std::exception_ptr thrown_;
};

namespace {

/// Puts blanks in the place of comments, as in C++. Boost.JSON's own way (1.81) takes the `/` of
/// `**/` for a part of the comment, tells a place behind the text of what begins with `/x`, and
/// reads a byte too many.
class CommentEraser {
 public:
  /// What of it is no comment, as long as it is. Borrowed until the next call. The two characters
  /// that begin a comment must come in one piece.
  std::string_view erase(std::string_view piece) {
    text_ = piece;
    for (std::size_t i = 0; i < text_.size(); ++i) take(i);
    return text_;
  }

  [[nodiscard]] bool is_in_comment() const { return state_ == State::block; }

 private:
  enum class State { text, string, line, block };

  void take(std::size_t i) {
    const char byte = text_[i];
    const char next = i + 1 < text_.size() ? text_[i + 1] : '\0';
    const bool is_second = std::exchange(is_second_, false);  // of two that belong together
    switch (state_) {
      case State::text:
        if (byte == '"') state_ = State::string;
        if (byte != '/' || (next != '/' && next != '*')) return;
        state_ = next == '/' ? State::line : State::block;
        is_second_ = true;
        break;
      case State::string:
        if (is_second) return;
        is_second_ = byte == '\\';
        if (byte == '"') state_ = State::text;
        return;
      case State::line:
        if (byte == '\n') state_ = State::text;
        break;
      case State::block:
        if (byte == '/' && is_after_star_) state_ = State::text;
        is_after_star_ = byte == '*' && !is_second;
        break;
    }
    if (byte != '\n') text_[i] = ' ';
  }

  std::string text_;
  State state_ = State::text;
  bool is_second_ = false;
  bool is_after_star_ = false;
};

}  // namespace

struct JsonParser::State {
  State(const boost::json::parse_options& options, JsonReceiver& receiver)
      : parser(options, receiver) {}

  boost::json::basic_parser<Handler> parser;
  std::optional<CommentEraser> comments;  ///< where there may be some
};

JsonParser::JsonParser(JsonReceiver& receiver, JsonSyntax syntax) {
  boost::json::parse_options options;
  options.max_depth = syntax.max_depth;
  options.allow_trailing_commas = syntax.comments;
  state_ = std::make_unique<State>(options, receiver);
  if (syntax.comments) state_->comments.emplace();
}

JsonParser::~JsonParser() = default;

std::size_t JsonParser::read(std::string_view piece, bool is_last, error_code& error) {
  if (state_->comments) piece = state_->comments->erase(piece);
  Handler& handler = state_->parser.handler();
  handler.begin_piece(piece);
  const std::size_t used = state_->parser.write_some(!is_last, piece.data(), piece.size(), error);
  handler.rethrow_refusal(used);
  handler.end_piece();
  if (!error && is_last && state_->comments && state_->comments->is_in_comment()) {
    error = boost::json::error::incomplete;
  }
  if (!error && used < piece.size()) error = boost::json::error::extra_data;
  return used;
}

}  // namespace study
