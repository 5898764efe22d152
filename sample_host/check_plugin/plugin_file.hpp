/// The library of a plugin that is checked.
#pragma once

#include <study/abi.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace host {

/// A plugin's library, as a host without the C++ wrapper loads it.
class PluginFile {
 public:
  /// Loads the library, shakes hands through `study::ObserverLibrary`, and finds the table that the
  /// wrapper hides. It stays loaded. Throws `CaseFailed`.
  explicit PluginFile(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const study_observer_plugin& table() const { return *table_; }

  /// What the plugin says to a host of that version.
  [[nodiscard]] const study_observer_plugin* table_for(std::uint32_t major,
                                                       std::uint32_t minor) const {
    return entry_point_(major, minor);
  }

 private:
  std::filesystem::path path_;
  study_observer_entry_point entry_point_ = nullptr;
  const study_observer_plugin* table_ = nullptr;
};

/// The names that a shared library exports, sorted. Empty for a file that is no 64-bit ELF file of
/// this machine's byte order, or says nothing of its symbols.
[[nodiscard]] std::optional<std::vector<std::string>> exported_symbols(
    const std::filesystem::path& library);

}  // namespace host
