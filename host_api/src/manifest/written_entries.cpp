#include "manifest/written_entries.hpp"

#include "manifest/entry_text.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

namespace study {
namespace {

/// Takes from the front of the text what is expected there. Each function is false where something
/// else is, and then nothing more is to be taken.
class WrittenText {
 public:
  explicit WrittenText(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size()));
  }

  bool take(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool take(std::string& text) {
    const std::optional<Token> token = take_token();
    if (!token) return false;
    if (token->has_escapes) return unescape(token->quoted, text);
    text = token->text();
    return token->is_ascii || is_valid_utf8(text);
  }
  bool take(std::optional<std::string>& text) {
    return take(entry_text::kNull) || take(text.emplace());
  }

  bool take(std::optional<Timestamp>& time) {
    if (take(entry_text::kNull)) return true;
    const std::optional<Token> token = take_token();
    if (!token || token->has_escapes) return false;
    time = parse_timestamp(token->text());
    return time.has_value();
  }

  bool take(ExperimentState& state) {
    const std::optional<Token> token = take_token();
    if (!token || token->has_escapes) return false;
    const auto known = parse_experiment_state(token->text());
    state = known.value_or(ExperimentState::pending);
    return known.has_value();
  }

  bool take(std::int32_t& cycle) {
    if (rest_.empty() || rest_.front() < '1' || rest_.front() > '9') return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), cycle);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return error == std::errc();
  }

 private:
  struct Token {
    std::string_view quoted;
    bool has_escapes = false;
    bool is_ascii = true;

    [[nodiscard]] std::string_view text() const { return quoted.substr(1, quoted.size() - 2); }
  };

  /// A JSON string; whether its escapes are right is left open.
  std::optional<Token> take_token() {
    if (rest_.empty() || rest_.front() != '"') return std::nullopt;
    Token token;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      if (byte == '"') {
        token.quoted = rest_.substr(0, i + 1);
        rest_.remove_prefix(i + 1);
        return token;
      }
      if (byte < ' ') return std::nullopt;
      if (byte == '\\') {
        token.has_escapes = true;
        ++i;
      }
      token.is_ascii = token.is_ascii && byte < 0x80;
    }
    return std::nullopt;
  }

  static bool unescape(std::string_view quoted, std::string& text) {
    try {
      text = parse_json(quoted, {}).as_string();
      return true;
    } catch (const InputError&) {
      return false;
    }
  }

  std::string_view rest_;
};

bool take_entry(WrittenText& from, ManifestEntry& entry) {
  using namespace entry_text;
  return from.take(kConfigHash) && from.take(entry.config_hash) &&        //
         from.take(kConfigSummary) && from.take(entry.config_summary) &&  //
         from.take(kCycle) && from.take(entry.cycle) &&                   //
         from.take(kStatus) && from.take(entry.status) &&                 //
         from.take(kResultFile) && from.take(entry.result_file) &&        //
         from.take(kErrorType) && from.take(entry.error_type) &&          //
         from.take(kErrorMessage) && from.take(entry.error_message) &&    //
         from.take(kStartedAt) && from.take(entry.started_at) &&          //
         from.take(kCompletedAt) && from.take(entry.completed_at) &&      //
         from.take(kEnd);
}

}  // namespace

std::optional<std::vector<ManifestEntry>> read_written_entries(std::string_view text) {
  WrittenText from(text);
  std::vector<ManifestEntry> entries;
  entries.reserve(text.size() / entry_text::kFixedBytes);
  for (;;) {
    from.skip_blanks();
    if (from.take("]\n}")) break;
    if (!entries.empty()) {
      if (!from.take(",")) return std::nullopt;
      from.skip_blanks();
    }
    if (!take_entry(from, entries.emplace_back())) return std::nullopt;
  }
  from.skip_blanks();
  if (!from.is_at_end()) return std::nullopt;
  return entries;
}

}  // namespace study
