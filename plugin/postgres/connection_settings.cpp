#include "postgres/connection_settings.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <libpq-fe.h>

namespace study::postgres {
namespace {

/// A shorter one would be found in any text.
constexpr std::size_t kShortestRedacted = 4;

[[noreturn]] void refuse(const std::string& what) {
  throw InputError("option \"connection\" " + what +
                   ". It is not shown here, since it may hold a password");
}

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

[[nodiscard]] Options parse(const std::string& connection) {
  char* message = nullptr;
  Options options(PQconninfoParse(connection.c_str(), &message), &PQconninfoFree);
  PQfreemem(message);  // quotes the text where it stumbled, which may be in the password
  if (!options || connection.find('\0') != std::string::npos) {
    refuse(
        "is neither a connection string such as \"host=db.example dbname=studies\" nor a URI such "
        "as \"postgresql://user@db.example/studies\": quote values that have spaces, and "
        "percent-encode what is special in a URI");
  }
  return options;
}

[[nodiscard]] bool is_uri(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

/// What libpq takes for another part than the password it was meant to be would be shown in the
/// errors of the server.
void refuse_misread(bool uri, std::string_view keyword, std::string_view value) {
  if (keyword == "port" && value.find_first_not_of("0123456789,") != std::string_view::npos) {
    refuse("has a port that is not a number: in a URI, percent-encode / as %2F and @ as %40");
  }
  const bool is_place = keyword == "host" || keyword == "hostaddr" || keyword == "dbname";
  if (uri && is_place && value.find('@') != std::string_view::npos) {
    refuse("has an @ where there can be none: percent-encode @ as %40 and / as %2F");
  }
  if (keyword == "dbname" && (is_uri(value) || value.find('=') != std::string_view::npos)) {
    refuse("has a dbname that is a connection string itself: give that one alone");
  }
}

void remove_questions(std::string& text) {
  constexpr std::string_view kQuestion = " Is the server running";
  for (auto at = text.find(kQuestion); at != std::string::npos; at = text.find(kQuestion, at)) {
    const auto end = text.find('?', at);
    if (end == std::string::npos) return;
    text.erase(at, end + 1 - at);
  }
}

}  // namespace

ConnectionSettings::ConnectionSettings(const std::string& connection, int connect_timeout_seconds) {
  const Options options = parse(connection);
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    refuse_misread(is_uri(connection), option->keyword, option->val);
    if (std::string_view(option->keyword) == "client_encoding") continue;
    parameters_.emplace_back(option->keyword, option->val);
  }
  parameters_.emplace_back("client_encoding", "UTF8");
  if (std::getenv("PGCONNECT_TIMEOUT") == nullptr) {
    add_default("connect_timeout", std::to_string(connect_timeout_seconds));
  }
  // A peer that is gone without a word is given up after half a minute; the system's own defaults
  // are hours.
  add_default("keepalives_idle", "15");
  add_default("keepalives_interval", "5");
  add_default("keepalives_count", "3");
  add_default("tcp_user_timeout", "30000");
  add_default("fallback_application_name", "postgres_writer");
}

void ConnectionSettings::add_default(const std::string& keyword, const std::string& value) {
  const auto names_it = [&](const Parameter& parameter) { return parameter.first == keyword; };
  if (std::none_of(parameters_.begin(), parameters_.end(), names_it)) {
    parameters_.emplace_back(keyword, value);
  }
}

std::vector<const char*> ConnectionSettings::each(std::string Parameter::*part) const {
  std::vector<const char*> result;
  for (const Parameter& parameter : parameters_) result.push_back((parameter.*part).c_str());
  result.push_back(nullptr);
  return result;
}

std::string ConnectionSettings::presentable(std::string_view text, std::string_view used) const {
  std::string result;
  for (const char c : to_valid_utf8(text)) {
    const bool blank = c == '\n' || c == '\t' || c == '\r' || c == ' ';
    if (!blank) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  remove_questions(result);
  const auto redact = [&](std::string_view secret) {
    if (secret.size() < kShortestRedacted) return;
    constexpr std::string_view kStars = "***";
    for (std::size_t at = 0; (at = result.find(secret, at)) != std::string::npos;) {
      result.replace(at, secret.size(), kStars);
      at += kStars.size();
    }
  };
  for (const auto& [keyword, value] : parameters_) {
    if (keyword == "password" || keyword == "sslpassword") redact(value);
  }
  if (const char* const password = std::getenv("PGPASSWORD")) redact(password);
  redact(used);
  return result;
}

}  // namespace study::postgres
