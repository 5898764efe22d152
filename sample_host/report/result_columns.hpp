/// The results of a study as columns: one for each field of the result files, by its dotted path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace host {

/// A result of more bytes is not read.
inline constexpr std::size_t kMaxResultBytes = std::size_t{16} << 20;
/// Of one result so many fields are taken, and of a study so many different ones are known.
inline constexpr std::size_t kMaxResultFields = 1024;
/// Longer texts stay in their files, as arrays do.
inline constexpr std::size_t kMaxFieldTextBytes = 200;

/// Takes one result after the other and holds none of them: the memory is that of the fields'
/// values, the time that of the bytes.
class ResultColumns {
 public:
  /// A field's values, by run, in the order in which the runs came; of the others there is none.
  struct Numbers {
    std::string key;
    bool is_boolean = true;  ///< each value is one, as 0 or 1
    std::vector<std::pair<std::uint32_t, double>> values;
  };
  struct Texts {
    std::string key;
    std::vector<std::string> values;  ///< each once
    std::vector<std::pair<std::uint32_t, std::uint32_t>> of;
  };

  enum class Reading { taken, too_large, unreadable };

  /// Reads the JSON text behind `fd`, whatever it is. Of one that isn't JSON nothing is taken.
  [[nodiscard]] Reading add(std::uint32_t run, int fd);

  /// Those that most runs have, at most so many, in the order in which they were first seen. The
  /// rest is dropped, and counted by `left_out`.
  void keep_commonest(std::size_t numbers, std::size_t texts);

  [[nodiscard]] const std::vector<Numbers>& numbers() const { return numbers_; }
  [[nodiscard]] const std::vector<Texts>& texts() const { return texts_; }
  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  class Leaves;
  struct Field {
    std::size_t numbers;  ///< its place, or `kNone`
    std::size_t texts;
    std::unordered_map<std::string, std::uint32_t> known{};  ///< texts, by their number
  };

  Field* field_of(const std::string& key);
  void take(std::uint32_t run, const Leaves& leaves);
  void take_text(std::uint32_t run, Field& field, const std::string& key, const std::string& text);

  std::unordered_map<std::string, Field> fields_;
  std::vector<Numbers> numbers_;
  std::vector<Texts> texts_;
  std::size_t left_out_ = 0;
};

}  // namespace host
