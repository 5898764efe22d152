// Any bytes as a journal: a study or `CheckpointError`. With an odd first byte the lines get their
// checksums first, so that what is behind them is reached.
#include "fuzz/fuzz.hpp"
#include "journal/journal_line.hpp"
#include "journal/journal_reader.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <cstdio>

using namespace study;

namespace {

/// Each line ends as `,"crc32c":"00000000"}` does, with the digits of what is before it.
std::string with_checksums(std::string_view text) {
  constexpr std::string_view kKey = ",\"crc32c\":\"";
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::string_view before = line.substr(0, line.rfind(kKey));
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", journal::crc32c(before));
    result.append(before).append(kKey).append(digits).append("\"}\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = study_fuzz::text_of(data + 1, size - 1);
  const std::filesystem::path file = study_fuzz::scratch() / "journal.jsonl";
  study_fuzz::write(file, data[0] % 2 != 0 ? with_checksums(text) : std::string(text));
  try {
    const auto content = journal::read_journal(file, [](const StudyAttempt& attempt) {
      std::string written;
      append_attempt(written, attempt);
      study_fuzz::expect(parse_attempt(written, "written") == attempt,
                         "what a journal tells of an attempt is one");
    });
    study_fuzz::expect(content.has_value(), "a journal that is there is read");
    study_fuzz::expect(content->size_bytes <= std::filesystem::file_size(file),
                       "no more lines are whole than are there");
    const StudyManifest manifest = content->table.manifest();
    study_fuzz::expect(parse_manifest(render_manifest(manifest), "rendered") == manifest,
                       "what a journal tells is a manifest");
  } catch (const CheckpointError&) {
  }
  return 0;
}
