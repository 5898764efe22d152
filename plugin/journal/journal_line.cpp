#include "journal/journal_line.hpp"

#include <study/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace study::journal {
namespace {

/// What a byte does to the remainder. One table, and not the eight of the faster "slicing by 8":
/// between two transitions an experiment runs, and takes the caches, so that each line of a table
/// that is touched is fetched from memory.
constexpr std::array<std::uint32_t, 256> make_table() {
  constexpr std::uint32_t kReflectedPolynomial = 0x82f63b78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? kReflectedPolynomial : 0);
    }
    table[byte] = remainder;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

#if defined(__x86_64__)
/// The processor's own instruction for it, since 2008: no table at all.
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(std::string_view bytes) {
  std::uint64_t crc = 0xffffffff;
  for (; bytes.size() >= sizeof(std::uint64_t); bytes.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  auto rest = static_cast<std::uint32_t>(crc);
  for (const char c : bytes) rest = _mm_crc32_u8(rest, static_cast<unsigned char>(c));
  return ~rest;
}
#endif

// `…,"crc32c":"e3069283"}`: what a line ends with, always of the same length.
constexpr std::string_view kSealBegin = R"(,"crc32c":")";
constexpr std::size_t kSealDigits = 8;
constexpr std::string_view kSealEnd = "\"}";
constexpr std::size_t kSealBytes = kSealBegin.size() + kSealDigits + kSealEnd.size();

void append_hex(std::string& out, std::uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) out += "0123456789abcdef"[(value >> shift) & 15U];
}

/// The seal that belongs behind `body`.
void append_seal(std::string& out, std::string_view body) {
  const std::uint32_t checksum = crc32c(body);
  out += kSealBegin;
  append_hex(out, checksum);
  out += kSealEnd;
}

/// The text from behind the first `key` to its quotation mark; empty if there is none. For members
/// that no text of anybody's is before.
[[nodiscard]] std::string_view text_behind(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + key.size());
  return line.substr(0, line.find('"'));
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

/// One line of `out`, from its beginning; sealed when all has been appended.
class Line {
 public:
  Line(std::string& out, std::uint64_t number, std::string_view event)
      : out_(out), begin_(out.size()) {
    out_ += "{\"seq\":";
    append_number(out_, number);
    out_ += ",\"event\":\"";
    out_ += event;
    out_ += '"';
  }

  void add(std::string_view key, std::uint64_t value) {
    add_key(key);
    append_number(out_, value);
  }
  void add(std::string_view key, std::string_view text) {
    add_key(key);
    append_json_string(out_, text);
  }
  void add(std::string_view key, Timestamp time) {
    add_key(key);
    out_ += '"';
    append_timestamp(out_, time);
    out_ += '"';
  }
  void add_unless_empty(std::string_view key, std::string_view text) {
    if (!text.empty()) add(key, text);
  }
  /// JSON text as it is.
  void add_json(std::string_view key, std::string_view json) {
    add_key(key);
    out_ += json;
  }

  void seal() {
    append_seal(out_, std::string_view(out_).substr(begin_));
    out_ += '\n';
  }

 private:
  void add_key(std::string_view key) {
    out_ += ",\"";
    out_ += key;
    out_ += "\":";
  }

  std::string& out_;
  const std::size_t begin_;
};

/// Appends pretty-printed JSON without its line breaks and indentation. A newline in JSON text is
/// always between two tokens, since strings escape theirs.
void append_unwrapped(std::string& out, std::string_view json) {
  while (!json.empty()) {
    json.remove_prefix(std::min(json.find_first_not_of(' '), json.size()));
    const std::size_t end = std::min(json.find('\n'), json.size());
    out += json.substr(0, end);
    json.remove_prefix(std::min(end + 1, json.size()));
  }
}

[[nodiscard]] std::string manifest_on_one_line(const StudyManifest& manifest) {
  std::string out;
  out.reserve(512 + 320 * manifest.experiments.size());
  std::string piece;
  append_manifest_head(piece, manifest.head, count_entries(manifest));
  append_unwrapped(out, piece);
  for (std::size_t i = 0; i < manifest.experiments.size(); ++i) {
    if (i > 0) out += ',';
    piece.clear();
    append_manifest_entry(piece, manifest.experiments[i]);
    append_unwrapped(out, piece);
  }
  append_unwrapped(out, kManifestTail);
  return out;
}

}  // namespace

void append_study_line(std::string& out, std::uint64_t number, Timestamp time, bool resumed,
                       const StudyManifest& manifest) {
  Line line(out, number, "study");
  line.add("format", static_cast<std::uint64_t>(kFormatVersion));
  line.add("time", time);
  line.add_json("resumed", resumed ? "true" : "false");
  line.add_json("manifest", manifest_on_one_line(manifest));
  line.seal();
}

void append_state_line(std::string& out, std::uint64_t number, const ManifestEntryView& entry,
                       std::uint32_t attempt, const checkpoint::Transition& transition) {
  Line line(out, number, "state");
  line.add("time", transition.time);
  line.add("config_hash", std::string_view(entry.config_hash));
  line.add("cycle", static_cast<std::uint64_t>(entry.cycle));
  line.add("attempt", std::uint64_t{attempt});
  line.add("state", to_string(transition.state));
  line.add_unless_empty("result_file", transition.result_file);
  line.add_unless_empty("error_type", transition.error_type);
  line.add_unless_empty("error_message", transition.error_message);
  if (!transition.attributes.empty()) line.add_json("attributes", transition.attributes);
  line.seal();
}

void append_added_line(std::string& out, std::uint64_t number, Timestamp time,
                       const checkpoint::EntryTable& table, checkpoint::EntryIndex first) {
  std::string entries = "[";
  for (std::size_t i = first; i < table.size(); ++i) {
    const ManifestEntryView entry = table.entry(i);
    entries += i == first ? "{\"config_hash\":" : ",{\"config_hash\":";
    append_json_string(entries, entry.config_hash);
    entries += ",\"config_summary\":";
    append_json_string(entries, entry.config_summary);
    entries += ",\"cycle\":";
    append_number(entries, static_cast<std::uint64_t>(entry.cycle));
    entries += '}';
  }
  entries += ']';
  Line line(out, number, "added");
  line.add("time", time);
  line.add("study_design_hash", std::string_view(table.head().study_design_hash));
  line.add_json("entries", entries);
  line.seal();
}

void append_end_line(std::string& out, std::uint64_t number, const ManifestHead& head) {
  Line line(out, number, "end");
  line.add("time", head.completed_at.value_or(head.started_at));
  line.add("status", to_string(head.status));
  line.seal();
}

std::uint32_t crc32c_by_table(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  }
  return ~crc;
}

std::uint32_t crc32c(std::string_view bytes) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return crc32c_by_instruction(bytes);
#endif
  return crc32c_by_table(bytes);
}

bool is_whole(std::string_view line) {
  if (line.size() <= kSealBytes) return false;
  const std::string_view body = line.substr(0, line.size() - kSealBytes);
  std::string seal;
  append_seal(seal, body);
  return line.substr(body.size()) == seal;
}

std::string_view line_event(std::string_view line) {
  return text_behind(line, R"(,"event":")");
}

std::optional<Timestamp> line_time(std::string_view line) {
  return parse_timestamp(text_behind(line, R"(,"time":")"));
}

}  // namespace study::journal
