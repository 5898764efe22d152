/// Values in PostgreSQL's binary format, which is exact where its text form depends on settings of
/// the session:
/// https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES
#pragma once

#include <study/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace study::postgres {

/// One row of values: the parameters of a statement, or a row of a binary COPY.
class BinaryRow {
 public:
  BinaryRow& null();
  BinaryRow& int4(std::int32_t value);
  BinaryRow& int8(std::int64_t value);
  /// As `to_stored` writes it.
  BinaryRow& text(std::string_view value);
  BinaryRow& optional_text(const std::optional<std::string_view>& value);
  /// `timestamptz`.
  BinaryRow& time(Timestamp value);
  BinaryRow& time(const std::optional<Timestamp>& value);

  [[nodiscard]] int size() const { return static_cast<int>(fields_.size()); }

  // As libpq wants parameters. The pointers are valid as long as the row isn't changed.
  [[nodiscard]] std::vector<const char*> values() const;
  [[nodiscard]] std::vector<int> lengths() const;

  /// Appends it as a row of a binary COPY.
  void append_copy_row(std::string& out) const;

 private:
  struct Field {
    std::size_t begin;
    std::int32_t size;  ///< -1: NULL
  };
  BinaryRow& add(std::string_view bytes);

  std::string bytes_;
  std::vector<Field> fields_;
};

/// What stands before and behind the rows of a binary COPY.
void append_copy_header(std::string& out);
void append_copy_trailer(std::string& out);

[[nodiscard]] std::int32_t decode_int4(std::string_view bytes);
[[nodiscard]] std::int64_t decode_int8(std::string_view bytes);
/// Empty for a time that is not in the years 0000 to 9999, such as `infinity`.
[[nodiscard]] std::optional<Timestamp> decode_time(std::string_view bytes);

}  // namespace study::postgres
