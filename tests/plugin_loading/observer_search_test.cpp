// How a plugin's name becomes a file.
#include "support/temp_dir.hpp"
#include "support/zoo.hpp"

#include <study/error.hpp>
#include <study/observer_search.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using study::find_observer;
using study::list_observers;
using study::observer_folders;
using namespace study_test;

namespace {

/// Three folders, empty at first, and an environment that names the third.
class Folders {
 public:
  Folders() {
    for (const char* name : {"config", "first", "second", "third"}) {
      fs::create_directory(root_ / name);
    }
    set_variable(root_ / "third");
  }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
  ~Folders() { ::unsetenv("STUDY_OBSERVER_PATH"); }

  static void set_variable(const std::string& value) {
    ::setenv("STUDY_OBSERVER_PATH", value.c_str(), 1);
  }
  fs::path put(const std::string& file) const {
    std::ofstream(root_ / file) << "not a library";
    return root_ / file;
  }
  [[nodiscard]] fs::path operator/(const std::string& name) const { return root_ / name; }
  [[nodiscard]] study::ObserverSearchPath search() const {
    return {root_ / "config", {"../first", root_ / "second"}};
  }

 private:
  TempDir root_;
};

fs::path folder_beside_this_program() {
  return fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "lib/study_observers";
}

std::string failure(const std::string& plugin, const study::ObserverSearchPath& search) {
  return message_of<study::PluginError>([&] { static_cast<void>(find_observer(plugin, search)); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(folders_are_those_of_the_config_the_environment_and_the_program) {
  const Folders folders;
  const std::vector<fs::path> expected = {folders / "first", folders / "second", folders / "third",
                                          folder_beside_this_program()};
  BOOST_TEST(observer_folders(folders.search()) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_environment_names_several_folders_and_empty_ones_do_not_count) {
  const Folders folders;
  Folders::set_variable(":/a::/b/:");
  const std::vector<fs::path> expected = {"/a", "/b/", folder_beside_this_program()};
  BOOST_TEST(observer_folders({}) == expected, boost::test_tools::per_element());
  ::unsetenv("STUDY_OBSERVER_PATH");
  BOOST_TEST(observer_folders({}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_earlier_folder_goes_before_a_later_one) {
  const Folders folders;
  const fs::path third = folders.put("third/writer.so");
  BOOST_TEST(find_observer("writer", folders.search()) == third);
  const fs::path second = folders.put("second/writer.so");
  BOOST_TEST(find_observer("writer", folders.search()) == second);
  const fs::path first = folders.put("first/writer.so");
  BOOST_TEST(find_observer("writer", folders.search()) == first);
}

BOOST_AUTO_TEST_CASE(the_first_file_is_final_even_if_it_cannot_be_loaded) {
  const Folders folders;
  const fs::path first = folders.put("first/healthy.so");
  fs::copy_file(zoo_file("healthy"), folders / "second/healthy.so");
  const fs::path found = find_observer("healthy", folders.search());
  BOOST_TEST(found == first);
  BOOST_CHECK_THROW(static_cast<void>(study::ObserverLibrary::load(found)), study::PluginError);
}

BOOST_AUTO_TEST_CASE(a_path_is_relative_to_the_config_and_is_not_searched) {
  const Folders folders;
  const fs::path beside = folders.put("config/mine.so");
  const fs::path elsewhere = folders.put("first/other.so");
  BOOST_TEST(find_observer("mine.so", folders.search()) == beside);
  BOOST_TEST(find_observer("./mine.so", folders.search()) == beside);
  BOOST_TEST(find_observer("../first/other.so", folders.search()) == elsewhere);
  BOOST_TEST(find_observer(elsewhere.string(), folders.search()) == elsewhere);
  check_contains(failure("other.so", folders.search()),
                 "there is no file " + (folders / "config/other.so").string());
}

BOOST_AUTO_TEST_CASE(a_name_alone_is_not_looked_for_beside_the_config) {
  const Folders folders;
  folders.put("config/mine.so");
  check_contains(failure("mine", folders.search()), "observer 'mine' was not found");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_found_lists_where_it_was_looked_for_and_the_nearest_one) {
  const Folders folders;
  fs::remove(folders / "second");
  folders.put("third/manifest_writer.so");
  const std::string message = failure("manifest_writter", folders.search());
  check_contains(message, "observer 'manifest_writter' was not found");
  check_contains(message, "manifest_writter.so in " + (folders / "first").string() + ", " +
                              (folders / "second").string() + " (no such folder), " +
                              (folders / "third").string() + ", " +
                              folder_beside_this_program().string());
  check_contains(message, "did you mean 'manifest_writer'?");
  BOOST_TEST(failure("xyzzy", folders.search()).find("did you mean") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_part_of_a_name_is_enough_for_a_suggestion_where_it_is_of_one_plugin) {
  const Folders folders;
  for (const char* name : {"sqlite_writer", "postgres_writer", "journal_writer"}) {
    folders.put("first/" + std::string(name) + ".so");
  }
  const auto suggested = [&](const char* name) {
    const std::string message = failure(name, folders.search());
    const std::size_t at = message.find("; did you mean ");
    return at == std::string::npos ? "" : message.substr(at);
  };
  BOOST_TEST(suggested("sqlite") == "; did you mean 'sqlite_writer'?");
  BOOST_TEST(suggested("sqlite3") == "; did you mean 'sqlite_writer'?");
  BOOST_TEST(suggested("postgresql") == "; did you mean 'postgres_writer'?");
  BOOST_TEST(suggested("./journal.so") == "; did you mean 'journal_writer'?");
  BOOST_TEST(suggested("writer") == "");  // they all are
  BOOST_TEST(suggested("redis") == "");
}

BOOST_AUTO_TEST_CASE(an_empty_name_is_an_error) {
  check_contains(failure("", Folders().search()), "name is empty");
}

BOOST_AUTO_TEST_CASE(a_list_is_sorted_by_name_and_leaves_hidden_files_and_other_files_out) {
  const Folders folders;
  const std::vector<fs::path> expected = {folders.put("third/a.so"), folders.put("first/b.so"),
                                          folders.put("second/c.so")};
  folders.put("second/b.so");
  folders.put("third/b.so");
  folders.put("first/notes.txt");
  folders.put("first/b.so.bak");
  std::vector<fs::path> found = list_observers(folders.search());
  std::erase_if(found, [](const fs::path& file) {
    return file.parent_path() == folder_beside_this_program();
  });
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}
