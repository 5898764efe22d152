#include "base/format.hpp"
#include "boundary/abi_text.hpp"
#include "boundary/loaded_observer.hpp"

#include <study/error.hpp>
#include <study/observer_library.hpp>
#include <study/options_schema.hpp>
#include <study/text.hpp>

#include <mutex>
#include <system_error>
#include <vector>

#include <boost/json/serialize.hpp>

// The one place in the project that knows Boost.DLL.
#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <dlfcn.h>

namespace study {

namespace fs = std::filesystem;
namespace dll = boost::dll;

namespace {

[[noreturn]] void refuse(const fs::path& path, const std::string& reason) {
  throw PluginError(study::format("{}: {}", path.string(), reason));
}

/// Never closed and never destroyed, not even when statics are.
dll::shared_library& keep_until_exit(dll::shared_library library) {
  static std::mutex mutex;
  static auto* const libraries = new std::vector<std::unique_ptr<dll::shared_library>>();
  const std::lock_guard lock(mutex);
  libraries->push_back(std::make_unique<dll::shared_library>(std::move(library)));
  return *libraries->back();
}

/// What dlopen(3) objects to most often, said before it with more sense.
void check_file(const fs::path& path) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (status.type() == fs::file_type::not_found) {
    refuse(path, "there is no such file; check the plugin's path in the host's configuration");
  }
  if (code) refuse(path, "cannot be looked at: " + code.message());
  if (fs::is_directory(status)) refuse(path, "is a directory; name the plugin's .so file in it");
  if (!fs::is_regular_file(status)) refuse(path, "is not a regular file");
}

std::string advice_for(const std::string& reason) {
  const auto says = [&](const char* text) { return reason.find(text) != std::string::npos; };
  if (says("undefined symbol")) {
    return "; link the plugin with -z defs and what it uses, as study_add_observer() does";
  }
  if (says("libpq.so.5: cannot open")) {  // the one library that our Python wheel doesn't bring
    return "; install PostgreSQL's client library: the package libpq5 (Debian, Ubuntu), libpq "
           "(RHEL, "
           "Fedora) or postgresql-libs (Arch)";
  }
  if (says("cannot open shared object file")) {
    return "; install the library that it needs, or add its folder to LD_LIBRARY_PATH";
  }
  if (says("invalid ELF header") || says("file too short") || says("wrong ELF class") ||
      says("ELF file")) {
    return "; it is not a shared library for this machine: build it again";
  }
  return "";
}

dll::shared_library& open_library(const fs::path& path) {
  check_file(path);
  dll::shared_library library;
  std::error_code code;
  // All symbols now, so that nothing can be missing in the middle of a study, and none for others.
  library.load(path, code, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  if (code) {
    const char* message = ::dlerror();
    std::string reason = message == nullptr ? code.message() : to_valid_utf8(message);
    // dlerror(3) often begins with the file, as our own message does.
    if (reason.starts_with(path.string() + ": ")) reason.erase(0, path.string().size() + 2);
    refuse(path, "cannot be loaded: " + reason + advice_for(reason));
  }
  return keep_until_exit(std::move(library));
}

std::string version_text(std::uint32_t major, std::uint32_t minor) {
  return study::format("{}.{}", major, minor);
}

const study_observer_plugin& call_entry_point(const fs::path& path,
                                              const dll::shared_library& library) {
  if (!library.has(STUDY_OBSERVER_ENTRY_POINT)) {
    refuse(path, "is not an observer plugin: it does not export " STUDY_OBSERVER_ENTRY_POINT
                 "; use STUDY_EXPORT_OBSERVER and study_add_observer()");
  }
  const auto entry_point = &library.get<const study_observer_plugin*(std::uint32_t, std::uint32_t)>(
      STUDY_OBSERVER_ENTRY_POINT);
  const study_observer_plugin* table = entry_point(STUDY_ABI_MAJOR, STUDY_ABI_MINOR);
  if (table == nullptr) {
    refuse(path, study::format("the plugin refused this host, which has version {} of the plugin "
                               "interface; build it against this host's headers",
                               version_text(STUDY_ABI_MAJOR, STUDY_ABI_MINOR)));
  }
  return *table;
}

void check_table(const fs::path& path, const study_observer_plugin& table) {
  if (table.magic != STUDY_OBSERVER_MAGIC) {
    refuse(path,
           "is not an observer plugin: its table begins with another magic number; fill it "
           "as study/abi.h says");
  }
  if (table.abi_major != STUDY_ABI_MAJOR) {
    refuse(path, study::format("speaks version {} of the plugin interface, this host version {}; "
                               "build it against this host's headers",
                               version_text(table.abi_major, table.abi_minor),
                               version_text(STUDY_ABI_MAJOR, STUDY_ABI_MINOR)));
  }
  if (!covers(table, &study_observer_plugin::destroy)) {
    refuse(path,
           study::format("its table has {} bytes, but {} are required; set struct_size to "
                         "sizeof(struct study_observer_plugin)",
                         table.struct_size, offsetof(study_observer_plugin, on_experiments_added)));
  }
  const auto require = [&](bool present, const char* function) {
    if (!present) refuse(path, study::format("its table has no {}; it is required", function));
  };
  require(table.create != nullptr, "create");
  require(table.on_study_start != nullptr, "on_study_start");
  require(table.on_experiment_state != nullptr, "on_experiment_state");
  require(table.on_study_end != nullptr, "on_study_end");
  require(table.destroy != nullptr, "destroy");
}

std::string text_of(study_string text) {
  return to_valid_utf8(from_abi(text).value_or(""));
}

}  // namespace

ObserverLibrary ObserverLibrary::load(const fs::path& path) {
  // Absolute, since dlopen(3) would search the system's folders for a bare name.
  const fs::path file = fs::absolute(path).lexically_normal();
  const study_observer_plugin& table = call_entry_point(file, open_library(file));
  check_table(file, table);
  auto plugin = std::make_shared<LoadedPlugin>(
      LoadedPlugin{file, &table, text_of(table.name), text_of(table.version),
                   text_of(table.description), text_of(table.options_schema)});
  if (plugin->name.empty()) plugin->name = file.stem().string();
  return ObserverLibrary(std::move(plugin));
}

const fs::path& ObserverLibrary::path() const {
  return plugin_->path;
}
std::string_view ObserverLibrary::name() const {
  return plugin_->name;
}
std::string_view ObserverLibrary::version() const {
  return plugin_->version;
}
std::string_view ObserverLibrary::description() const {
  return plugin_->description;
}
std::string_view ObserverLibrary::options_schema() const {
  return plugin_->options_schema;
}

std::unique_ptr<StudyObserver> ObserverLibrary::create(HostServices services,
                                                       const boost::json::object& options) const {
  check_options(plugin_->label(), plugin_->options_schema, options);
  return std::make_unique<LoadedObserver>(plugin_, std::move(services),
                                          boost::json::serialize(options));
}

}  // namespace study
