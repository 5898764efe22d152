#include "base/format.hpp"
#include "base/json_elements.hpp"
#include "base/json_fields.hpp"
#include "manifest/written_entries.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/json.hpp>
#include <study/manifest.hpp>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

namespace study {
namespace {

using boost::json::object;
using boost::json::value;
using Kind = CheckpointError::Kind;

/// Refuses a field, with its place.
auto refusal_at(std::string_view source, std::optional<std::size_t> index = {}) {
  return [source, index](std::string_view key, const std::string& what) {
    const std::string entry = index ? study::format("experiments[{}].", *index) : "";
    throw CheckpointError(Kind::corrupt, study::format("{}: {}{} {}", source, entry, key, what));
  };
}

/// `major.minor`, digits only.
std::optional<std::pair<int, int>> parse_version(std::string_view text) {
  std::pair<int, int> version;
  const char* const end = text.data() + text.size();
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  const auto major = std::from_chars(text.data(), end, version.first);
  if (major.ec != std::errc() || major.ptr == end) return std::nullopt;  // else a dot follows
  const auto minor = std::from_chars(major.ptr + 1, end, version.second);
  if (minor.ec != std::errc() || minor.ptr != end) return std::nullopt;
  return version;
}

/// Before everything else: a later version may have fields that this one would call wrong.
void check_version(const object& root, std::string_view source) {
  if (!root.contains("schema_version")) return;  // the schema's default is 2.0
  const auto refuse = refusal_at(source);
  const JsonFields reader(root, refuse);
  const std::string_view text = reader.text("schema_version");
  const auto version = parse_version(text);
  if (version && version->first == 2) return;
  if (version && version->first > 2) {
    throw CheckpointError(Kind::newer_version,
                          study::format("{}: schema_version is {}, and this program reads 2.x: use "
                                        "the newer program that wrote it",
                                        source, text));
  }
  reader.refuse("schema_version", "must be \"2.0\" or a later 2.x");
}

ManifestHead read_head(const object& root, std::string_view source) {
  const auto refuse = refusal_at(source);
  const JsonFields reader(root, refuse);
  ManifestHead head;
  head.study_name = reader.text("study_name");
  head.study_design_hash = reader.text("study_design_hash");
  head.framework_version = reader.text("llenergymeasure_version");
  head.started_at = reader.time("started_at");
  head.completed_at = reader.optional_time("completed_at");
  if (root.contains("status")) {
    const std::string_view word = reader.text("status");
    const auto status = parse_study_status(word);
    if (word.empty()) reader.refuse("status", "must be a state");
    head.status = status.value_or(StudyStatus::interrupted);
    if (!status) head.foreign_status = word;
  }
  for (const std::string_view counter : {"total_experiments", "pending"}) {
    static_cast<void>(reader.integer(counter));
  }
  for (const std::string_view counter : {"completed", "failed"}) {
    if (root.contains(counter)) static_cast<void>(reader.integer(counter));
  }
  return head;
}

ManifestEntry read_entry(const value& from, std::string_view source, std::size_t index) {
  const object* const fields = from.if_object();
  if (fields == nullptr) {
    throw CheckpointError(Kind::corrupt,
                          study::format("{}: experiments[{}] must be an object", source, index));
  }
  const auto refuse = refusal_at(source, index);
  const JsonFields reader(*fields, refuse);
  ManifestEntry entry;
  entry.config_hash = reader.text("config_hash");
  entry.config_summary = reader.text("config_summary");
  const std::int64_t cycle = reader.integer("cycle");
  if (cycle < 1 || cycle > std::numeric_limits<std::int32_t>::max()) {
    reader.refuse("cycle", "must be from 1 to 2147483647");
  }
  entry.cycle = static_cast<std::int32_t>(cycle);
  const std::string_view word = reader.text("status");
  const auto status = parse_experiment_state(word);
  if (word.empty()) reader.refuse("status", "must be a state");
  entry.status = status.value_or(ExperimentState::pending);
  if (!status) entry.foreign_status = word;
  entry.result_file = reader.optional_text("result_file");
  entry.error_type = reader.optional_text("error_type");
  entry.error_message = reader.optional_text("error_message");
  entry.started_at = reader.optional_time("started_at");
  entry.completed_at = reader.optional_time("completed_at");
  return entry;
}

/// Reads entry by entry, so that the document is never there as a whole, which is some times what
/// it tells. Of a wrong one is said only when the head is known not to be a later version's.
class EntryReader {
 public:
  explicit EntryReader(std::string_view source) : source_(source) {}

  void take(const value& entry) {
    if (problem_) return;
    try {
      entries_.push_back(read_entry(entry, source_, entries_.size()));
    } catch (const CheckpointError& error) {
      problem_ = error;
    }
  }

  [[nodiscard]] std::vector<ManifestEntry> entries() && {
    if (problem_) throw CheckpointError(*problem_);
    return std::move(entries_);
  }

 private:
  std::string_view source_;
  std::vector<ManifestEntry> entries_;
  std::optional<CheckpointError> problem_;
};

StudyManifest read_document(const value& document, std::string_view source) {
  const object* const root = document.if_object();
  if (root == nullptr) {
    throw CheckpointError(Kind::corrupt, std::string(source) + ": a manifest must be an object");
  }
  check_version(*root, source);
  StudyManifest manifest;
  manifest.head = read_head(*root, source);
  const auto refuse = refusal_at(source);
  static_cast<void>(JsonFields(*root, refuse).array("experiments"));
  return manifest;
}

/// A manifest that this program has written; empty for any other text, whatever is wrong with it.
std::optional<StudyManifest> parse_written(std::string_view text, std::string_view source) {
  constexpr std::string_view kList = "\n  \"experiments\": [";  // a text has no line break in it
  const std::size_t list = text.find(kList);
  if (list == std::string_view::npos) return std::nullopt;
  const std::string_view head = text.substr(0, list + kList.size());
  auto entries = read_written_entries(text.substr(head.size()));
  if (!entries) return std::nullopt;
  value document;
  try {
    document = parse_json(std::string(head) + "]}", source);
  } catch (const InputError&) {
    return std::nullopt;
  }
  StudyManifest manifest = read_document(document, source);
  manifest.experiments = *std::move(entries);
  return manifest;
}

}  // namespace

StudyManifest parse_manifest(std::string_view text, std::string_view source) {
  if (auto manifest = parse_written(text, source)) return *std::move(manifest);
  EntryReader entries(source);
  value document;
  try {
    document = parse_json(text, source, "experiments", [&](value& entry) { entries.take(entry); });
  } catch (const InputError& error) {
    throw CheckpointError(Kind::corrupt, error.what());
  }
  StudyManifest manifest = read_document(document, source);
  manifest.experiments = std::move(entries).entries();
  return manifest;
}

std::optional<StudyManifest> read_manifest_file(const std::filesystem::path& path) {
  std::error_code unknown;
  const std::filesystem::file_status found = std::filesystem::status(path, unknown);
  // A pipe in its place would make us wait for somebody who writes to it.
  if (!unknown && !std::filesystem::is_regular_file(found)) {
    throw CheckpointError(Kind::corrupt, path.string() + " is not a file");
  }
  std::string text;
  try {
    text = read_file(path);
  } catch (const FileError& error) {
    if (error.code().value() == ENOENT) return std::nullopt;
    throw;
  }
  return parse_manifest(text, path.string());
}

}  // namespace study
