#include "base/format.hpp"

#include <study/error.hpp>
#include <study/observer_search.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <system_error>

#include <dlfcn.h>

namespace study {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSearchVariable = "STUDY_OBSERVER_PATH";

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

fs::path resolved(const fs::path& base, const fs::path& path) {
  return fs::absolute(base / path).lexically_normal();
}

void append_environment(std::vector<fs::path>& folders) {
  // Not in a program that runs with more rights than whoever has set it (ld.so(8)).
  const char* value = ::secure_getenv(kSearchVariable);
  std::string_view rest = value == nullptr ? "" : value;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    if (colon != 0) folders.push_back(resolved({}, fs::path(rest.substr(0, colon))));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
}

/// The file that this code is in: a program, or a library such as libstudy_session.so in one of
/// another language. Empty where nobody can tell.
fs::path own_file() {
  Dl_info info{};
  std::error_code no_proc;
  if (::dladdr(reinterpret_cast<void*>(&is_there), &info) != 0 && info.dli_fname != nullptr &&
      std::string_view(info.dli_fname).find(".so") != std::string_view::npos) {
    return fs::canonical(info.dli_fname, no_proc);
  }
  return fs::read_symlink("/proc/self/exe", no_proc);
}

bool is_path(std::string_view plugin) {
  return plugin.find('/') != std::string_view::npos || plugin.ends_with(".so");
}

/// `sqlite` and `writer` of `sqlite_writer`.
std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  while (!name.empty()) {
    parts.push_back(name.substr(0, name.find('_')));
    name.remove_prefix(std::min(parts.back().size() + 1, name.size()));
  }
  return parts;
}

/// The one of `names` that alone has a part like `plugin`; a part that several have says nothing.
std::size_t index_by_part(std::string_view plugin, const std::vector<std::string>& names) {
  std::vector<std::string_view> parts;
  for (const std::string& name : names) {
    for (const std::string_view part : parts_of(name)) parts.push_back(part);
  }
  const std::string_view nearest = nearest_name(plugin, parts);
  std::size_t found = names.size();
  if (nearest.empty()) return found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto own = parts_of(names[i]);
    if (std::find(own.begin(), own.end(), nearest) == own.end()) continue;
    if (found != names.size()) return names.size();
    found = i;
  }
  return found;
}

std::string suggestion(std::string_view plugin, const ObserverSearchPath& search) {
  const fs::path nearest = nearest_observer(plugin, search);
  if (nearest.empty()) return {};
  return study::format("; did you mean '{}'?", to_valid_utf8(nearest.stem().string()));
}

[[noreturn]] void fail_not_found(std::string_view plugin, const ObserverSearchPath& search) {
  const std::string name = to_valid_utf8(plugin);
  std::string message = study::format("observer '{0}' was not found; looked for {0}.so in ", name);
  std::string separator;
  for (const fs::path& folder : observer_folders(search)) {
    message += separator + folder.string() + (is_there(folder) ? "" : " (no such folder)");
    separator = ", ";
  }
  throw PluginError(message + suggestion(plugin, search));
}

}  // namespace

std::vector<fs::path> observer_folders(const ObserverSearchPath& search) {
  std::vector<fs::path> folders;
  for (const fs::path& folder : search.plugin_path) {
    folders.push_back(resolved(search.config_dir, folder));
  }
  append_environment(folders);
  const fs::path file = own_file();
  if (file.empty()) return folders;
  const bool is_library = file.filename().string().find(".so") != std::string::npos;
  folders.push_back(
      resolved(file.parent_path(), is_library ? "study_observers" : "../lib/study_observers"));
  return folders;
}

fs::path find_observer(std::string_view plugin, const ObserverSearchPath& search) {
  if (plugin.empty()) throw PluginError("an observer's name is empty");
  if (is_path(plugin)) {
    fs::path file = resolved(search.config_dir, fs::path(plugin));
    if (is_there(file)) return file;
    throw PluginError(study::format("observer '{}' was not found: there is no file {}{}",
                                    to_valid_utf8(plugin), file.string(),
                                    suggestion(file.stem().string(), search)));
  }
  for (const fs::path& folder : observer_folders(search)) {
    fs::path file = folder / (std::string(plugin) + ".so");
    if (is_there(file)) return file;
  }
  fail_not_found(plugin, search);
}

fs::path nearest_observer(std::string_view plugin, const ObserverSearchPath& search) {
  const std::vector<fs::path> files = list_observers(search);
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const fs::path& file : files) names.push_back(file.stem().string());
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string_view nearest = nearest_name(plugin, candidates);
  auto index =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), nearest) - names.begin());
  if (index == files.size()) index = index_by_part(plugin, names);
  return index == files.size() ? fs::path() : files[index];
}

std::vector<fs::path> list_observers(const ObserverSearchPath& search) {
  std::vector<fs::path> files;
  const auto is_hidden = [&](const fs::path& file) {
    return std::any_of(files.begin(), files.end(), [&](const fs::path& earlier) {
      return earlier.filename() == file.filename();
    });
  };
  for (const fs::path& folder : observer_folders(search)) {
    std::error_code unreadable;
    fs::directory_iterator entry(folder, unreadable);
    for (; !unreadable && entry != fs::directory_iterator(); entry.increment(unreadable)) {
      const fs::path& file = entry->path();
      if (file.extension() == ".so" && is_there(file) && !is_hidden(file)) files.push_back(file);
    }
  }
  std::sort(files.begin(), files.end(), [](const fs::path& left, const fs::path& right) {
    return left.filename() < right.filename();
  });
  return files;
}

}  // namespace study
