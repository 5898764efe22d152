// What ObserverLibrary::load makes of files that are not what they should be.
#include "support/child.hpp"
#include "support/temp_dir.hpp"
#include "support/zoo.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/observer_library.hpp>
#include <study/options_schema.hpp>

#include <filesystem>
#include <set>
#include <string>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <dlfcn.h>

namespace fs = std::filesystem;
using study::ObserverLibrary;
using namespace study_test;

namespace {

struct BadFile {
  const char* animal;
  const char* complaint;
  const char* advice;
};

std::ostream& operator<<(std::ostream& out, const BadFile& file) {
  return out << file.animal;
}

// In the order of the handshake.
const BadFile kBadFiles[] = {
    {"not_there", "there is no such file", "check the plugin's path"},
    {"directory", "is a directory", "name the plugin's .so file"},
    {"text_file", "invalid ELF header", "build it again"},
    {"empty_file", "file too short", "build it again"},
    {"unresolved_symbol", "zoo_function_that_nobody_has", "link the plugin with -z defs"},
    {"needs_a_library", "zoo_keepers.so.5: cannot open", "install the library that it needs"},
    {"needs_libpq", "libpq.so.5: cannot open", "the package libpq5 (Debian, Ubuntu)"},
    {"no_entry_point", "does not export study_observer_plugin_v1", "use STUDY_EXPORT_OBSERVER"},
    {"entry_returns_null", "refused this host, which has version 1.2", "this host's headers"},
    {"wrong_magic", "another magic number", "study/abi.h"},
    {"wrong_major", "speaks version 2.0", "this host's headers"},
    {"too_small", "its table has 128 bytes, but 136", "set struct_size"},
    {"no_create", "its table has no create;", "required"},
    {"no_on_study_start", "its table has no on_study_start;", "required"},
    {"no_on_experiment_state", "its table has no on_experiment_state;", "required"},
    {"no_on_study_end", "its table has no on_study_end;", "required"},
    {"no_destroy", "its table has no destroy;", "required"},
};

/// Sets the working directory for a scope.
class WorkingDirectory {
 public:
  explicit WorkingDirectory(const fs::path& path) : before_(fs::current_path()) {
    fs::current_path(path);
  }
  WorkingDirectory(const WorkingDirectory&) = delete;
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;
  ~WorkingDirectory() { fs::current_path(before_); }

 private:
  fs::path before_;
};

}  // namespace

BOOST_DATA_TEST_CASE(each_bad_file_is_refused_for_its_own_reason,
                     boost::unit_test::data::make(kBadFiles), file) {
  const fs::path path = zoo_file(file.animal);
  const std::string message =
      message_of<study::PluginError>([&] { static_cast<void>(ObserverLibrary::load(path)); });
  check_contains(message, path.string());
  check_contains(message, file.complaint);
  check_contains(message, file.advice);
}

BOOST_AUTO_TEST_CASE(no_two_reasons_read_alike) {
  std::set<std::string> messages;
  for (const BadFile& file : kBadFiles) {
    const fs::path path = zoo_file(file.animal);
    std::string message =
        message_of<study::PluginError>([&] { static_cast<void>(ObserverLibrary::load(path)); });
    message.erase(0, path.string().size());
    BOOST_CHECK_MESSAGE(messages.insert(message).second, message);
  }
}

BOOST_AUTO_TEST_CASE(a_device_is_not_opened_as_a_library) {
  check_contains(
      message_of<study::PluginError>([] { static_cast<void>(ObserverLibrary::load("/dev/zero")); }),
      "not a regular file");
}

BOOST_AUTO_TEST_CASE(a_healthy_library_says_what_it_is) {
  const auto library = ObserverLibrary::load(zoo_file("healthy"));
  BOOST_TEST(library.name() == "zoo");
  BOOST_TEST(library.version() == "1.0.0");
  BOOST_TEST(library.description() == "An animal of the zoo.");
  BOOST_TEST(library.options_schema() == "{}");
  BOOST_TEST(library.path() == zoo_file("healthy"));
}

BOOST_AUTO_TEST_CASE(a_library_of_a_newer_minor_version_with_a_longer_table_works) {
  LogBook log;
  const auto library = ObserverLibrary::load(zoo_file("newer_minor"));
  BOOST_TEST(library.name() == "newer_minor");
  const auto observer = library.create(log.services(), {});
  BOOST_CHECK_NO_THROW(observer->on_study_end({}));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_there_is_that_of_the_file) {
  BOOST_TEST(ObserverLibrary::load(zoo_file("name_without_data")).name() == "name_without_data");
  BOOST_TEST(ObserverLibrary::load(zoo_file("name_empty")).name() == "name_empty");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_utf8_is_repaired) {
  const auto library = ObserverLibrary::load(zoo_file("name_not_utf8"));
  BOOST_TEST(library.name() == "zo\uFFFD");
  BOOST_TEST(library.version() == "\uFFFD\uFFFD");
}

BOOST_AUTO_TEST_CASE(a_schema_that_is_not_json_is_the_plugins_fault) {
  const auto library = ObserverLibrary::load(zoo_file("schema_not_json"));
  const std::string message = message_of<study::PluginError>(
      [&] { static_cast<void>(library.create(quiet_services(), {})); });
  check_contains(message, "plugin 'zoo' (" + zoo_file("schema_not_json").string() + ")");
  check_contains(message, "options schema is not JSON");
  BOOST_CHECK_THROW(static_cast<void>(study::describe_options(library.options_schema())),
                    study::PluginError);
}

BOOST_AUTO_TEST_CASE(a_schema_that_is_not_there_allows_no_options) {
  const auto library = ObserverLibrary::load(zoo_file("schema_without_data"));
  BOOST_CHECK_NO_THROW(static_cast<void>(library.create(quiet_services(), {})));
  BOOST_CHECK_THROW(static_cast<void>(library.create(quiet_services(), {{"x", 1}})),
                    study::InputError);
}

BOOST_AUTO_TEST_CASE(a_bare_name_is_a_file_in_the_working_directory) {
  const WorkingDirectory zoo(zoo_file("healthy").parent_path());
  BOOST_TEST(ObserverLibrary::load("healthy.so").path() == zoo_file("healthy"));
}

BOOST_AUTO_TEST_CASE(a_bare_name_is_not_looked_up_among_the_systems_libraries) {
  const TempDir empty;
  const WorkingDirectory here(empty.path());
  const std::string message =
      message_of<study::PluginError>([] { static_cast<void>(ObserverLibrary::load("libc.so.6")); });
  check_contains(message, (fs::current_path() / "libc.so.6").string());
  check_contains(message, "no such file");
}

BOOST_AUTO_TEST_CASE(a_name_is_not_completed) {
  fs::path without_suffix = zoo_file("healthy");
  without_suffix.replace_extension();
  check_contains(message_of<study::PluginError>(
                     [&] { static_cast<void>(ObserverLibrary::load(without_suffix)); }),
                 "no such file");
}

BOOST_AUTO_TEST_CASE(a_library_stays_loaded_after_its_last_observer_and_handle) {
  const TempDir directory;
  const fs::path path = directory / "stays.so";
  fs::copy_file(zoo_file("healthy"), path);
  { static_cast<void>(make_observer(path)); }
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  BOOST_TEST(handle != nullptr);
  if (handle != nullptr) ::dlclose(handle);
}

BOOST_AUTO_TEST_CASE(a_librarys_symbols_are_not_offered_to_others) {
  static_cast<void>(ObserverLibrary::load(zoo_file("exports_too_much")));
  BOOST_TEST(::dlsym(RTLD_DEFAULT, "_Z17zoo_use_of_sharedv") == nullptr);
  BOOST_TEST(::dlsym(RTLD_DEFAULT, "study_observer_plugin_v1") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_loaded_library_survives_its_files_replacement) {
  const TempDir directory;
  const fs::path path = directory / "plugin.so";
  fs::copy_file(zoo_file("start_fails"), path);
  const auto observer = make_observer(path);
  study::replace_file(path, study::read_file(zoo_file("text_file")));
  BOOST_CHECK_NO_THROW(observer->on_study_end({}));
}

// `cp` writes into the very file that is mapped, and first cuts it off: whoever runs it next dies.
BOOST_AUTO_TEST_CASE(a_loaded_library_does_not_survive_a_copy_over_its_file) {
  const TempDir directory;
  const fs::path path = directory / "plugin.so";
  fs::copy_file(zoo_file("start_fails"), path);
  const int signal = signal_that_ends([&] {
    const auto observer = make_observer(path);
    fs::copy_file(zoo_file("text_file"), path, fs::copy_options::overwrite_existing);
    observer->on_study_end({});
  });
  BOOST_TEST(signal != 0);
}
