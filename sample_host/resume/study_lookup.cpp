#include "resume/study_lookup.hpp"

#include "resume/study_record.hpp"

#include <study/error.hpp>

#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTimestampPattern = "dddd-dd-ddTdd-dd-dd";

/// When a study began, and the how manyth it was in that second.
using Place = std::pair<std::string, unsigned>;

/// Of what follows `{study_name}_` in a directory's name; empty if that is something else, such as
/// the rest of a longer name.
std::optional<Place> parse_place(std::string_view text) {
  if (text.size() < kTimestampPattern.size()) return std::nullopt;
  for (std::size_t i = 0; i < kTimestampPattern.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kTimestampPattern[i] == 'd' ? !is_digit : text[i] != kTimestampPattern[i]) {
      return std::nullopt;
    }
  }
  Place place{text.substr(0, kTimestampPattern.size()), 0};
  text.remove_prefix(kTimestampPattern.size());
  if (text.empty()) return place;
  if (!text.starts_with('_')) return std::nullopt;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 1, end, place.second);
  if (error != std::errc() || rest != end) return std::nullopt;
  return place;
}

/// Not where the record can't be read: then it is not known to be that study.
bool began_at(const fs::path& study_dir, study::Timestamp time) {
  try {
    const auto record = read_study_record(study_dir);
    return record && record->started_at == time;
  } catch (const study::Error&) {
    return false;
  }
}

}  // namespace

void refuse_file_as_directory(const fs::path& study_dir) {
  std::error_code ignored;
  if (!fs::exists(study_dir, ignored) || fs::is_directory(study_dir, ignored)) return;
  const fs::path parent = study_dir.parent_path();
  throw study::InputError(study_dir.string() + " is a file; give the study directory, such as " +
                          (parent.empty() ? std::string(".") : parent.string()));
}

fs::path find_study_directory(const fs::path& results_dir, const study::ManifestHead& head) {
  const std::string stem = head.study_name + "_" + study::file_name_timestamp(head.started_at);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(results_dir, ignored)) {
    // The stem may have a number behind it, since two studies can begin in the same second.
    if (!entry.path().filename().string().starts_with(stem)) continue;
    if (began_at(entry.path(), head.started_at)) return entry.path();
  }
  return {};
}

fs::path latest_study_directory(const fs::path& results_dir, std::string_view study_name) {
  const std::string stem = std::string(study_name) + "_";
  std::optional<Place> latest;
  fs::path result;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(results_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(stem) || !entry.is_directory(ignored)) continue;
    auto place = parse_place(std::string_view(name).substr(stem.size()));
    if (!place || (latest && *place < *latest)) continue;
    latest = std::move(place);
    result = entry.path();
  }
  return result;
}

}  // namespace host
