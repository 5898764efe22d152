/// The host's side of the boundary: loads a plugin and gives back a `StudyObserver`.
#pragma once

#include <study/log.hpp>
#include <study/observer.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/object.hpp>

namespace study {

struct LoadedPlugin;

/// What a host tells the plugins of itself.
struct HostServices {
  std::string name;
  std::string version;
  LogFunction log;  ///< gets the plugin's messages; must not throw
};

/// A loaded plugin. Cheap to copy; the library itself stays loaded until the process ends, since
/// nobody can know that no thread, handler or static of it is left.
class ObserverLibrary {
 public:
  /// Loads the file and shakes hands: entry point, non-null table, magic, ABI major, size, required
  /// functions. Throws `PluginError`, a different message for each.
  [[nodiscard]] static ObserverLibrary load(const std::filesystem::path& path);

  /// Absolute.
  [[nodiscard]] const std::filesystem::path& path() const;
  // Valid UTF-8, whatever the plugin says, and valid as long as this or a copy of it.
  [[nodiscard]] std::string_view name() const;  ///< the file's where the plugin gives none
  [[nodiscard]] std::string_view version() const;
  [[nodiscard]] std::string_view description() const;
  [[nodiscard]] std::string_view options_schema() const;

  /// Checks the options against the schema and makes an observer. What the observer's functions
  /// fail with comes out of them as `PluginError` (`CheckpointError` where it is one) that names
  /// the plugin.
  ///
  /// Throws `InputError` for the options, `PluginError` if the plugin refuses or its schema is not
  /// one.
  [[nodiscard]] std::unique_ptr<StudyObserver> create(HostServices services,
                                                      const boost::json::object& options) const;

 private:
  explicit ObserverLibrary(std::shared_ptr<const LoadedPlugin> plugin)
      : plugin_(std::move(plugin)) {}

  std::shared_ptr<const LoadedPlugin> plugin_;  ///< never null
};

}  // namespace study
