#include "manifest/manifest_reader.hpp"

#include "base/format.hpp"
#include "manifest/last_change.hpp"
#include "manifest/manifest_document.hpp"
#include "manifest/spare_names.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <bit>
#include <system_error>
#include <tuple>
#include <utility>

namespace study::manifest {
namespace {

namespace fs = std::filesystem;
using Kind = CheckpointError::Kind;

/// The head's slot: its text, spaces, and a newline at the end of a power of two. Whoever has
/// edited a manifest or written it otherwise has no such slot.
[[nodiscard]] bool begins_with_head_slot(std::string_view text) {
  constexpr std::string_view kListBegin = "\"experiments\": [";
  const std::size_t list = text.find(kListBegin);
  if (list == std::string_view::npos) return false;
  const std::size_t newline = text.find_first_not_of(' ', list + kListBegin.size());
  return newline != std::string_view::npos && text[newline] == '\n' &&
         newline + 1 >= SlottedDocument::kMinSlotBytes && std::has_single_bit(newline + 1);
}

[[nodiscard]] bool is_file(const fs::path& path) {
  std::error_code unknown;
  return fs::is_regular_file(path, unknown);
}

/// Null if there is nothing to be recovered, or not by this.
[[nodiscard]] std::optional<StudyManifest> recover(const fs::path& path,
                                                   const checkpoint::Log& log) {
  if (!is_file(path)) return std::nullopt;
  try {
    const auto text = without_lost_end(read_file(path));
    if (!text) return std::nullopt;
    StudyManifest manifest = parse_manifest(*text, path.string());
    log(LogSeverity::warning,
        study::format("a power loss has taken the end of {}: its first {} entries are read, those "
                      "that were added behind them are lost",
                      path.string(), manifest.experiments.size()));
    return manifest;
  } catch (const Error&) {  // what counts is what is wrong with the whole text
    return std::nullopt;
  }
}

/// As find_manifest, of a manifest that is missing or can't be used, for which `problem` is why.
[[nodiscard]] std::optional<FoundManifest> find_previous(const fs::path& path,
                                                         const std::string& problem,
                                                         const checkpoint::Log& log) {
  auto previous = find_latest_spare(path);
  if (!previous) return std::nullopt;
  log(LogSeverity::warning, study::format("{}; the previous generation {} is read in its place",
                                          problem, previous->path.string()));
  return previous;
}

/// How far a generation of a study is: later ones have more.
[[nodiscard]] auto progress_of(const StudyManifest& manifest) {
  return std::tuple(manifest.experiments.size(), last_change(manifest),
                    count_entries(manifest).completed);
}

}  // namespace

std::optional<std::string> without_lost_end(std::string_view text) {
  if (!begins_with_head_slot(text)) return std::nullopt;
  // A page that was never written is zeros, which the text never has.
  text = text.substr(0, text.find('\0'));
  // A newline in JSON text stands between two tokens, and only the end of the list is so little
  // indented: behind it can only be pages of a later and longer generation.
  const std::string end = "\n" + std::string(kManifestTail);
  if (const auto at = text.find(end); at != std::string_view::npos) {
    return std::string(text.substr(0, at + end.size()));
  }
  const std::size_t last = text.find_last_not_of(" \n,");
  return std::string(text.substr(0, last + 1)) + end;
}

std::optional<StudyManifest> read_whole(const fs::path& path) {
  try {
    return read_manifest_file(path);
  } catch (const FileError& error) {
    throw CheckpointError(Kind::corrupt, error.what());
  }
}

std::optional<StudyManifest> read_usable(const fs::path& path, const checkpoint::Log& log) {
  try {
    return read_whole(path);
  } catch (const CheckpointError& error) {
    if (error.kind() != Kind::corrupt) throw;
    auto recovered = recover(path, log);
    if (!recovered) throw;
    return recovered;
  }
}

std::optional<FoundManifest> find_latest_spare(const fs::path& path) {
  std::optional<FoundManifest> latest;
  std::optional<CheckpointError> problem;
  for (const fs::path& spare : spare_paths(path)) {
    try {
      // One without its end is no earlier state, but was being written.
      auto manifest = read_whole(spare);
      if (!manifest) continue;
      if (latest && progress_of(*manifest) <= progress_of(latest->manifest)) continue;
      latest = FoundManifest{spare, *std::move(manifest)};
    } catch (const CheckpointError& error) {
      if (error.kind() == Kind::newer_version) throw;
      if (!problem) problem = error;
    }
  }
  if (!latest && problem) throw *problem;
  return latest;
}

std::optional<FoundManifest> find_manifest(const fs::path& path, const checkpoint::Log& log) {
  try {
    if (auto manifest = read_usable(path, log)) return FoundManifest{path, *std::move(manifest)};
  } catch (const CheckpointError& error) {
    if (error.kind() == Kind::newer_version) throw;
    try {
      if (auto previous = find_previous(path, error.what(), log)) return previous;
    } catch (const CheckpointError&) {  // what counts is what is wrong with the manifest itself
    }
    throw;
  }
  try {
    return find_previous(path, path.string() + " is missing", log);
  } catch (const CheckpointError& error) {
    if (error.kind() == Kind::newer_version) throw;
    return std::nullopt;  // killed before the first one had been published
  }
}

}  // namespace study::manifest
