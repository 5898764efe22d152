/// The manifest's entries from text that this program has written, in a tenth of the time.
#pragma once

#include <study/manifest.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace study {

/// The entries in `text`, which begins behind the list's opening bracket and goes to the end of the
/// document. Empty where anything but blanks between two entries is not as `append_manifest_entry`
/// and `kManifestTail` have it: then it may be another writer's, or wrong, and the general reader
/// has to tell. What is given is what that one would give.
[[nodiscard]] std::optional<std::vector<ManifestEntry>> read_written_entries(std::string_view text);

}  // namespace study
