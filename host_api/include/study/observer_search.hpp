/// Where a plugin's file is, given its name.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace study {

/// Where plugins are looked for, in order.
struct ObserverSearchPath {
  std::filesystem::path
      config_dir;  ///< what relative paths in `plugin` and `plugin_path` are relative to
  std::vector<std::filesystem::path> plugin_path;  ///< of the host config
};

/// The folders in order: `plugin_path`; the entries of the environment's `STUDY_OBSERVER_PATH`,
/// separated by `:`; the folder `study_observers` beside the executable's
/// (`../lib/study_observers`, which serves the build tree and an installed one alike), or in that
/// of the shared library that this is a part of.
[[nodiscard]] std::vector<std::filesystem::path> observer_folders(const ObserverSearchPath& search);

/// The file of `plugin`: a name with a `/` or ending in `.so` is a path, relative to `config_dir`;
/// anything else is looked up as `{folder}/{plugin}.so`. The first file that exists is the one.
///
/// Throws `PluginError` that lists where it looked and, if there is one, the nearest name that is
/// there.
[[nodiscard]] std::filesystem::path find_observer(std::string_view plugin,
                                                  const ObserverSearchPath& search);

/// The file of the one that was likely meant by a name that isn't there: a slip of the hand, or a
/// part of the name (`sqlite` for `sqlite_writer`). Empty for none.
[[nodiscard]] std::filesystem::path nearest_observer(std::string_view plugin,
                                                     const ObserverSearchPath& search);

/// All plugin files in those folders, sorted by name, without those that an earlier folder's hide.
[[nodiscard]] std::vector<std::filesystem::path> list_observers(const ObserverSearchPath& search);

}  // namespace study
