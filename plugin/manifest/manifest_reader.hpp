/// What there is of a manifest in a study directory: `manifest.json`, or what a crash has left of
/// it.
#pragma once

#include "checkpoint/sink.hpp"

#include <study/manifest.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace study::manifest {

/// The text of a slotted document whose end a power loss has taken, closed behind the last whole
/// page of those that follow each other from the beginning. Empty for a text that is no slotted
/// document. FORMAT.md has the rules; whether what is left is a manifest, parsing it says.
[[nodiscard]] std::optional<std::string> without_lost_end(std::string_view text);

/// Reads a manifest file that is whole; empty where there is no file. Whatever keeps it from being
/// used is a `CheckpointError`.
[[nodiscard]] std::optional<StudyManifest> read_whole(const std::filesystem::path& path);

/// Reads a published manifest file, also one whose end is lost, of which `log` is told. Otherwise
/// as `read_whole`.
[[nodiscard]] std::optional<StudyManifest> read_usable(const std::filesystem::path& path,
                                                       const checkpoint::Log& log);

struct FoundManifest {
  std::filesystem::path path;
  StudyManifest manifest;
};

/// Of the spares of the manifest at `path` that are whole the one that tells of the latest change.
/// Empty where there is none. Throws `CheckpointError` if nothing but what can't be used is there,
/// or one of a newer version.
[[nodiscard]] std::optional<FoundManifest> find_latest_spare(const std::filesystem::path& path);

/// The manifest at `path`, or the latest of its spares, if a host died while it kept one with the
/// swap engine and the manifest is missing or can't be used. Empty where there is none: a first
/// one that was killed half-written is none either. Throws `CheckpointError`.
[[nodiscard]] std::optional<FoundManifest> find_manifest(const std::filesystem::path& path,
                                                         const checkpoint::Log& log);

}  // namespace study::manifest
