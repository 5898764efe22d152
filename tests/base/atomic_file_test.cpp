#include "support/child.hpp"
#include "support/temp_dir.hpp"
#include "support/test_data.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using study::Durability;
using study::read_file;
using study::replace_file;
using study_test::says;
using Names = std::set<std::string>;

Names listing(const std::filesystem::path& directory) {
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

/// While it lives no file of this process grows beyond `bytes`; writing on is an error, EFBIG.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

BOOST_AUTO_TEST_SUITE(atomic_file)

BOOST_AUTO_TEST_CASE(a_file_is_created_and_then_replaced) {
  const study_test::TempDir dir;
  for (const Durability durability : {Durability::process, Durability::power}) {
    for (const std::string& content : {std::string("first"), std::string(),
                                       std::string(3'000'000, 'x'), std::string("\0a", 2)}) {
      replace_file(dir / "f", content, durability);
      BOOST_TEST((read_file(dir / "f") == content));
      BOOST_TEST(listing(dir.path()) == Names{"f"});
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_placed_is_created_and_what_is_there_replaced) {
  const study_test::TempDir dir;
  std::filesystem::create_symlink("elsewhere", dir / "link");
  for (const Durability durability : {Durability::process, Durability::power}) {
    for (const std::string content : {"first", "", "second"}) {
      for (const std::string name : {"f", "link"}) {
        study::place_file(dir / name, content, durability);
        BOOST_TEST((read_file(dir / name) == content));
      }
    }
  }
  BOOST_TEST(listing(dir.path()) == (Names{"f", "link"}));
  BOOST_CHECK_EXCEPTION(study::place_file(dir / "none" / "f", "x"), study::FileError,
                        [](const auto& error) { return error.code().value() == ENOENT; });
}

BOOST_AUTO_TEST_CASE(a_content_can_come_in_pieces) {
  const study_test::TempDir dir;
  int pieces = 0;
  replace_file(dir / "f", [&](std::string& piece) {
    piece = std::to_string(pieces);
    return pieces++ < 12;
  });
  BOOST_TEST(read_file(dir / "f") == "01234567891011");
}

BOOST_AUTO_TEST_CASE(a_content_that_throws_leaves_the_old_one) {
  const study_test::TempDir dir;
  replace_file(dir / "f", "old");
  const auto content = [](std::string& piece) -> bool {
    if (!piece.empty()) throw study::InputError("no more");
    piece = "new";
    return true;
  };
  BOOST_CHECK_THROW(replace_file(dir / "f", content), study::InputError);
  BOOST_TEST(read_file(dir / "f") == "old");
  BOOST_TEST(listing(dir.path()) == Names{"f"});
}

BOOST_AUTO_TEST_CASE(a_reader_keeps_the_content_that_it_opened) {
  const study_test::TempDir dir;
  replace_file(dir / "f", "old");
  std::ifstream reader(dir / "f");
  replace_file(dir / "f", "new");
  std::string content;
  reader >> content;
  BOOST_TEST(content == "old");
}

BOOST_AUTO_TEST_CASE(the_mode_is_0666_less_umask) {
  const study_test::TempDir dir;
  const mode_t old_mask = ::umask(027);
  replace_file(dir / "f", "x");
  ::umask(old_mask);
  struct stat status {};
  BOOST_REQUIRE(::stat((dir / "f").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777) == 0640);
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_is_replaced_and_not_followed) {
  const study_test::TempDir dir;
  replace_file(dir / "target", "old");
  std::filesystem::create_symlink("target", dir / "link");
  replace_file(dir / "link", "new");
  BOOST_TEST(read_file(dir / "target") == "old");
  BOOST_TEST(!std::filesystem::is_symlink(dir / "link"));
}

BOOST_AUTO_TEST_CASE(a_name_of_255_bytes_can_be_replaced) {
  const study_test::TempDir dir;
  const std::string name(255, 'n');
  replace_file(dir / name, "x");
  std::string wide = "n";
  for (int i = 0; i < 127; ++i) wide += "\xC3\xA9";
  replace_file(dir / wide, "x");
  BOOST_TEST(listing(dir.path()) == (Names{name, wide}));
}

BOOST_AUTO_TEST_CASE(a_relative_path_means_the_current_directory) {
  const study_test::TempDir dir;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  replace_file("f", "x", Durability::power);
  std::filesystem::current_path(before);
  BOOST_TEST(listing(dir.path()) == Names{"f"});
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_missing_is_named) {
  const study_test::TempDir dir;
  for (const Durability durability : {Durability::process, Durability::power}) {
    BOOST_CHECK_EXCEPTION(replace_file(dir / "gone/f", "x", durability), study::FileError,
                          [&](const study::FileError& error) {
                            return error.code().value() == ENOENT &&
                                   says((dir / "gone/f").string())(error);
                          });
  }
  BOOST_TEST(listing(dir.path()) == Names{});
}

BOOST_AUTO_TEST_CASE(a_directory_is_never_replaced) {
  const study_test::TempDir dir;
  std::filesystem::create_directory(dir / "d");
  BOOST_CHECK_THROW(replace_file(dir / "d", "x"), study::FileError);
  BOOST_CHECK_THROW(replace_file(dir / "d/", "x"), study::FileError);
  BOOST_TEST(std::filesystem::is_directory(dir / "d"));
  BOOST_TEST(listing(dir.path()) == Names{"d"});
  BOOST_TEST(listing(dir / "d") == Names{});
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_half_way_leaves_the_old_content) {
  const study_test::TempDir dir;
  replace_file(dir / "f", "old");
  {
    const FileSizeLimit limit(1000);
    BOOST_CHECK_EXCEPTION(
        replace_file(dir / "f", std::string(5000, 'n')), study::FileError,
        [&](const study::FileError& error) {
          return error.code().value() == EFBIG &&
                 says("write " + (dir / "f").string() + ": File too large")(error);
        });
    BOOST_CHECK_THROW(replace_file(dir / "new", std::string(5000, 'n')), study::FileError);
    BOOST_TEST(read_file(dir / "f") == "old");
    BOOST_TEST(listing(dir.path()) == Names{"f"});
  }
  replace_file(dir / "f", std::string(5000, 'n'));
  BOOST_TEST(read_file(dir / "f") == std::string(5000, 'n'));
}

BOOST_AUTO_TEST_CASE(a_directory_without_permission_leaves_the_old_content) {
  const study_test::TempDir dir;
  replace_file(dir / "f", "old");
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0555));
  const int result = study_test::run_unprivileged([&] {
    try {
      replace_file(dir / "f", "new");
      return 1;
    } catch (const study::FileError& error) {
      return error.code().value() == EACCES ? 0 : 2;
    }
  });
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  BOOST_TEST(result == 0);
  BOOST_TEST(read_file(dir / "f") == "old");
  BOOST_TEST(listing(dir.path()) == Names{"f"});
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_named) {
  const study_test::TempDir dir;
  BOOST_CHECK_EXCEPTION(static_cast<void>(read_file(dir / "gone")), study::FileError,
                        [&](const study::FileError& error) {
                          return error.code().value() == ENOENT &&
                                 says("open " + (dir / "gone").string())(error);
                        });
  BOOST_CHECK_EXCEPTION(static_cast<void>(read_file(dir.path())), study::FileError,
                        says("Is a directory"));
}

BOOST_AUTO_TEST_CASE(a_file_that_tells_no_size_is_read_whole) {
  const std::string status = read_file("/proc/self/status");
  BOOST_TEST(status.find("Name:") == 0);
  BOOST_TEST(status.back() == '\n');
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
