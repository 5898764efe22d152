/// A host's config file, as far as it concerns a session: which observers are loaded, from where,
/// with which options. What else it says is the host's own.
#pragma once

#include "base/field_reader.hpp"

#include <study/atomic_file.hpp>
#include <study/observer_search.hpp>
#include <study/session.hpp>

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace study {

struct HostConfig {
  std::filesystem::path file{};         ///< absolute; empty for the built-in default
  std::filesystem::path results_dir{};  ///< absolute
  bool names_results_dir = false;       ///< the file does
  ObserverSearchPath search{};
  std::vector<ObserverConfig> observers{};  ///< also the disabled ones
  /// Of the results: `power` puts each on the disk before its run counts as completed.
  Durability durability = Durability::process;
};

/// What a file in `dir` has that says nothing: `manifest_writer` alone, results in `results`.
[[nodiscard]] HostConfig default_host_config(const std::filesystem::path& dir);

/// Reads `given`. A key that is neither one of the above nor among `own_keys` is an error that
/// names the nearest known one; each of `own_keys` that is given is handed to `read_own`. Throws
/// `InputError`: `study_host.json:5: …`.
[[nodiscard]] HostConfig read_host_config(const std::filesystem::path& given,
                                          std::span<const std::string_view> own_keys,
                                          const std::function<void(const FieldReader&)>& read_own);

}  // namespace study
