/// One study of the many that a store keeps, as a list of them has it, and its JSON text, which is
/// what crosses the boundary.
#pragma once

#include <study/manifest.hpp>
#include <study/study_lock.hpp>
#include <study/timestamp.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace study {

/// Which of a store's studies are asked for.
struct StudiesQuery {
  std::string study_name = {};             ///< those of this name; empty: all
  std::filesystem::path results_dir = {};  ///< absolute: where the host keeps its studies, for
                                           ///< stores that lie there
};

/// Of what a store doesn't know, there is nothing.
struct StoredStudy {
  std::string study_name;
  std::string study_dir;  ///< absolute, on the host that wrote last; repaired where it isn't UTF-8
  std::string study_design_hash;
  StudyStatus status = StudyStatus::running;  ///< as it is stored
  Timestamp started_at;
  std::optional<Timestamp> completed_at;
  ManifestCounters counters;
  std::int64_t running = 0;  ///< of the pending ones
  /// Who wrote last, and whether it still does: `alive`, `gone`, or `unknown`.
  WriterStatus writer;
};

/// Gets one study after the other, each only for the call.
using TakeStudy = std::function<void(const StoredStudy&)>;

/// Appends what abi.h's `list_studies` hands over. Texts that aren't UTF-8 are repaired.
void append_stored_study(std::string& out, const StoredStudy& study);

/// The study that such a text tells of. Members that this program doesn't know are left out.
/// Throws `InputError`: `{source}: {member} must be …`.
[[nodiscard]] StoredStudy parse_stored_study(std::string_view text, std::string_view source);

}  // namespace study
