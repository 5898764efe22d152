/// A prepared statement.
#pragma once

#include "sqlite/database.hpp"

#include <study/timestamp.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace study::sqlite {

/// Values are numbered from 1, columns from 0, as in SQLite. Texts may contain U+0000.
class Statement {
 public:
  /// Prepares `sql`, to be run many times. Throws `DatabaseError`.
  Statement(Database& database, std::string_view sql);

  /// Binds the values to ?1, ?2, … and runs it, leaving the statement ready for the next time. The
  /// values are borrowed for the call.
  template <class... Values>
  void run(const Values&... values) {
    bind_all(values...);
    while (next()) {
    }
  }

  template <class... Values>
  void bind_all(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
  }

  void bind(int index, std::integral auto value) {
    bind_integer(index, static_cast<std::int64_t>(value));
  }
  void bind(int index, Timestamp value) { bind_integer(index, value.time_since_epoch().count()); }
  void bind(int index, std::string_view value);
  void bind(int index, std::nullopt_t /*value*/);
  template <class Value>
  void bind(int index, const std::optional<Value>& value) {
    value ? bind(index, *value) : bind(index, std::nullopt);
  }

  /// Goes to the next row; false after the last, and then the statement is ready for the next time.
  [[nodiscard]] bool next();

  [[nodiscard]] int columns() const { return sqlite3_column_count(statement_.get()); }

  // The present row.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Timestamp time(int column) const;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;
  [[nodiscard]] std::optional<Timestamp> optional_time(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  void bind_integer(int index, std::int64_t value);
  void check(int code) const;
  [[nodiscard]] bool is_null(int column) const;

  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace study::sqlite
