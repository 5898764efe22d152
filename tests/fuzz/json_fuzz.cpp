// Any bytes as JSON: a value or `InputError`; what is read is written and read the same, whole or
// in pieces.
#include "base/json_parser.hpp"
#include "fuzz/fuzz.hpp"
#include "session/json_check.hpp"

#include <study/error.hpp>
#include <study/identity.hpp>
#include <study/json.hpp>

#include <algorithm>

using namespace study;

namespace {

void check_value(std::string_view text) {
  try {
    const boost::json::value value = parse_json(text, "text");
    std::string compact;
    append_json(compact, value);
    study_fuzz::expect(parse_json(compact, "compact") == value, "a value round-trips");
    std::string canonical;
    JsonWriter(canonical, kCanonicalStyle).write(value);
    study_fuzz::expect(parse_json(canonical, "canonical") == value, "so does its canonical form");
    study_fuzz::expect(json_problem(text).empty(), "what can be read is JSON");
  } catch (const InputError&) {
  }
}

/// Line by line, as a document is read.
bool is_read(std::string_view text, std::size_t most) {
  JsonReceiver receiver;
  JsonParser parser(receiver, {.max_depth = 100, .comments = true});
  boost::json::error_code error;
  while (!text.empty() && !error) {
    // The two characters that begin a comment are to come together.
    std::size_t size = std::min(most, text.size());
    while (size < text.size() && text[size - 1] == '/') ++size;
    const std::size_t used = parser.read(text.substr(0, size), false, error);
    study_fuzz::expect(used <= size, "no more is read than is there");
    text.remove_prefix(size);
  }
  if (!error) parser.read({}, true, error);
  return !error;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = study_fuzz::text_of(data, size);
  check_value(text);
  study_fuzz::expect(is_read(text, text.size()) == is_read(text, 7),
                     "pieces are read like the whole");
  JsonCheck check;
  for (const char byte : text) {
    if (!check.read({&byte, 1})) break;
  }
  study_fuzz::expect(check.finish().empty() == json_problem(text).empty(),
                     "a check of pieces is that of the whole");
  return 0;
}
