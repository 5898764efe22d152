/// Whether a text is JSON, however large it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace study {

/// Checks one JSON value, of any depth up to a thousand, with nothing but white space around it.
/// The text comes in pieces; none of it is held, not even a string of many gigabytes.
class JsonCheck {
 public:
  JsonCheck();
  JsonCheck(const JsonCheck&) = delete;
  JsonCheck& operator=(const JsonCheck&) = delete;
  ~JsonCheck();

  /// Reads the next piece. False: it is wrong, and nothing behind it matters.
  bool read(std::string_view piece);
  /// The text has ended. Empty, or what is wrong with it and where: `syntax error at byte 9 of line
  /// 1 (NaN is no JSON)`.
  [[nodiscard]] std::string finish();

 private:
  struct State;
  void refuse(std::string_view piece, std::size_t offset, const std::string& reason);

  std::unique_ptr<State> state_;
  std::uint64_t bytes_ = 0;  ///< before the present piece
  std::uint64_t lines_ = 0;  ///< that have ended before it
  bool is_blank_ = true;     ///< nothing but white space so far
  std::string problem_;
};

/// The same for a text that is there as a whole.
[[nodiscard]] std::string json_problem(std::string_view text);

/// The same for a file, of which a piece at a time is held. Throws `FileError`.
[[nodiscard]] std::string json_problem_of_file(const std::filesystem::path& file);

}  // namespace study
