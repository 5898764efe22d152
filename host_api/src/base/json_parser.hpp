/// JSON text as events, piece by piece, for whoever makes values of it in a form of their own, or
/// none at all. `parse_json` of json.hpp and the host's files are read through this.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/json/error.hpp>

namespace study {

/// A place in the text: bytes from its beginning. `kNoOffset` where it can't be told.
inline constexpr std::size_t kNoOffset = static_cast<std::size_t>(-1);

/// What a receiver throws for text that is JSON and yet not to be taken.
class JsonRefusal : public std::runtime_error {
 public:
  JsonRefusal(const std::string& what, std::size_t offset)
      : std::runtime_error(what), offset_(offset) {}

  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

 private:
  std::size_t offset_;
};

/// Takes the events in the order of the text; this one takes note of nothing. Texts are whole,
/// without escapes, and valid during the call. What a function throws comes out of the parser.
class JsonReceiver {
 public:
  JsonReceiver() = default;
  JsonReceiver(const JsonReceiver&) = delete;
  JsonReceiver& operator=(const JsonReceiver&) = delete;
  virtual ~JsonReceiver() = default;

  virtual void begin_object() {}
  virtual void end_object(std::size_t /*size*/) {}
  virtual void begin_array() {}
  virtual void end_array(std::size_t /*size*/) {}
  /// `offset` is unknown for a key that has escapes.
  virtual void key(std::string_view /*text*/, std::size_t /*offset*/) {}
  virtual void string(std::string_view /*text*/) {}
  /// As it is written. `approximate` may be off by a unit in the last place, and is infinite or
  /// zero for what no double comes near.
  virtual void number(std::string_view /*text*/, double /*approximate*/, std::size_t /*offset*/) {}
  virtual void boolean(bool /*value*/) {}
  virtual void null() {}
};

/// Whether text without fraction and exponent stands for an integer.
[[nodiscard]] inline bool is_integer_text(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

struct JsonSyntax {
  std::size_t max_depth = 200;
  bool comments = false;  ///< as in C++, and trailing commas
};

/// Reads one JSON text (RFC 8259, UTF-8), which may come in pieces, and holds none of it but a
/// token that two pieces share.
class JsonParser {
 public:
  JsonParser(JsonReceiver& receiver, JsonSyntax syntax);
  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;
  ~JsonParser();

  /// Reads the next piece. Gives how many bytes of it were read: all, or with `error` those before
  /// what is wrong. With `is_last` the text ends with it.
  std::size_t read(std::string_view piece, bool is_last, boost::json::error_code& error);

 private:
  class Handler;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace study
