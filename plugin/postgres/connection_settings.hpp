/// How to reach the server, and what must never be shown of that.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace study::postgres {

/// The parameters of a connection: those of option `connection`, and behind them defaults that make
/// a silent network noticeable within seconds. What neither names comes from the PG* environment,
/// as with every libpq program.
class ConnectionSettings {
 public:
  /// `connection` is a conninfo string or a URI as libpq takes them, or empty. Throws `InputError`,
  /// which never quotes it, for one that can't be read or that would show a piece of a password in
  /// later errors, such as a URI with an unencoded `@` or `/` in the password.
  ConnectionSettings(const std::string& connection, int connect_timeout_seconds);

  // As PQconnectdbParams wants them, with the null at the end; valid as long as this.
  [[nodiscard]] std::vector<const char*> keywords() const { return each(&Parameter::first); }
  [[nodiscard]] std::vector<const char*> values() const { return each(&Parameter::second); }

  /// libpq's `text` on one line, with every password that is known taken out: the parameters', the
  /// environment's and `used`, that of the connection. Without its question whether the server is
  /// running, whose mark would run into our full stop.
  [[nodiscard]] std::string presentable(std::string_view text, std::string_view used = {}) const;

 private:
  using Parameter = std::pair<std::string, std::string>;

  void add_default(const std::string& keyword, const std::string& value);
  [[nodiscard]] std::vector<const char*> each(std::string Parameter::*part) const;

  std::vector<Parameter> parameters_;
};

}  // namespace study::postgres
