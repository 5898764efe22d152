/// The studies that the observers of a host config know, whichever hosts have run them.
#pragma once

#include "session/checkpoints.hpp"

#include <study/observer.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace host {

struct StoredStudies {
  std::vector<study::StoredStudy> studies;
  std::vector<study::CheckpointRemark> failures;  ///< of observers that could not tell all
  std::vector<std::size_t> failed;                ///< their places among those that were asked
  bool has_store = false;                         ///< at least one has told all
};

/// Asks all. A study that several know is there once, as the one knows it that is furthest. Never
/// throws for what an observer does.
[[nodiscard]] StoredStudies ask_for_studies(std::span<const study::NamedObserver> observers,
                                            const study::StudiesQuery& query);

/// What a message says of a failure.
[[nodiscard]] std::string failure_text(const study::CheckpointRemark& failure);

/// The host that wrote last; empty where the store doesn't know.
[[nodiscard]] std::string host_of(const study::StoredStudy& study);

/// Whether the directory was written to from here, and is still there.
[[nodiscard]] bool is_on_this_machine(const study::StoredStudy& study);

/// The same whichever way leads to the directory.
[[nodiscard]] std::string plain_directory(const std::filesystem::path& study_dir);

}  // namespace host
