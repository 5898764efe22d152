#include "support/child.hpp"
#include "support/temp_dir.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/study_directory.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using study::create_study_directory;
using study_test::says;

constexpr study::Timestamp kStart{std::chrono::seconds(1'772'209'800)};

void check_fails(const std::filesystem::path& results, const std::string& what,
                 const std::string& advice) {
  BOOST_CHECK_EXCEPTION(static_cast<void>(create_study_directory(results, "s", kStart)),
                        study::StudyError, [&](const study::StudyError& error) {
                          BOOST_TEST_MESSAGE(error.what());
                          return says(what)(error) && says(advice)(error);
                        });
}

BOOST_AUTO_TEST_SUITE(study_directory)

BOOST_AUTO_TEST_CASE(a_directory_is_named_after_study_and_second) {
  const study_test::TempDir dir;
  const auto created = create_study_directory(dir / "a/b", "my study", kStart);
  BOOST_TEST(created == dir / "a/b/my study_2026-02-27T16-30-00");
  BOOST_TEST(std::filesystem::is_directory(created));
  BOOST_TEST(std::filesystem::is_empty(created));
}

BOOST_AUTO_TEST_CASE(studies_of_the_same_second_get_directories_of_their_own) {
  const study_test::TempDir dir;
  for (const char* suffix : {"", "_1", "_2", "_3"}) {
    BOOST_TEST(create_study_directory(dir.path(), "s", kStart).filename().string() ==
               std::string("s_2026-02-27T16-30-00") + suffix);
  }
}

BOOST_AUTO_TEST_CASE(a_file_of_that_name_is_left_alone) {
  const study_test::TempDir dir;
  std::ofstream(dir / "s_2026-02-27T16-30-00") << "precious";
  BOOST_TEST(create_study_directory(dir.path(), "s", kStart).filename() ==
             "s_2026-02-27T16-30-00_1");
  BOOST_TEST(std::filesystem::file_size(dir / "s_2026-02-27T16-30-00") == 8);
}

BOOST_AUTO_TEST_CASE(studies_that_start_at_once_never_share_a_directory) {
  const study_test::TempDir dir;
  constexpr std::size_t kThreads = 8;
  constexpr std::size_t kEach = 20;
  std::vector<std::vector<std::string>> created(kThreads);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < kEach; ++i) {
          created[t].push_back(create_study_directory(dir / "results", "s", kStart).string());
        }
      });
    }
  }
  std::set<std::string> all;
  for (const auto& mine : created) all.insert(mine.begin(), mine.end());
  BOOST_TEST(all.size() == kThreads * kEach);
}

BOOST_AUTO_TEST_CASE(names_that_cannot_name_a_directory_are_refused) {
  for (const std::string& name :
       {std::string(), std::string("a/b"), std::string("/"), std::string(".."), std::string("."),
        std::string("../x"), std::string(".hidden"), std::string("a\nb"), std::string("a\0b", 3),
        std::string("a\x7f"), std::string("\xFF"), std::string("a\u009bb"), std::string("\u202e"),
        std::string(" "), std::string("a "), std::string(201, 'n'), std::string(300, 'n')}) {
    BOOST_CHECK_THROW(study::check_study_name(name), study::InputError);
    const study_test::TempDir dir;
    BOOST_CHECK_THROW(static_cast<void>(create_study_directory(dir.path(), name, kStart)),
                      study::InputError);
    BOOST_TEST(std::filesystem::is_empty(dir.path()));
  }
  for (const std::string& name : {std::string("a"), std::string("caf\xC3\xA9 1.2-b_c"),
                                  std::string(200, 'n'), std::string("a..b")}) {
    BOOST_CHECK_NO_THROW(study::check_study_name(name));
  }
  BOOST_CHECK_EXCEPTION(study::check_study_name("a/b"), study::InputError,
                        says("study name \"a/b\" contains a '/'"));
}

BOOST_AUTO_TEST_CASE(a_name_of_200_bytes_leaves_room_for_suffixes) {
  const study_test::TempDir dir;
  for (int i = 0; i < 3; ++i) {
    const auto created = create_study_directory(dir.path(), std::string(200, 'n'), kStart);
    BOOST_TEST(created.filename().string().size() <= 255);
  }
}

BOOST_AUTO_TEST_CASE(a_file_in_the_way_is_named) {
  const study_test::TempDir dir;
  std::ofstream(dir / "results") << "x";
  check_fails(dir / "results", (dir / "results").string(), "is in the way");
  check_fails(dir / "results/below", (dir / "results/below").string(), "is in the way");
  BOOST_TEST(std::filesystem::file_size(dir / "results") == 1);
}

BOOST_AUTO_TEST_CASE(a_results_directory_without_permission_is_named) {
  const study_test::TempDir dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0555));
  const int result = study_test::run_unprivileged([&] {
    for (const auto& results : {dir.path(), dir / "below"}) {
      try {
        static_cast<void>(create_study_directory(results, "s", kStart));
        return 1;
      } catch (const study::StudyError& error) {
        if (!says(results.string())(error) || !says("write permission")(error)) return 2;
      }
    }
    return 0;
  });
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  BOOST_TEST(result == 0);
  BOOST_TEST(std::filesystem::is_empty(dir.path()));
}

BOOST_AUTO_TEST_CASE(directories_of_a_study_are_listed_newest_first) {
  const study_test::TempDir dir;
  for (const char* name : {"s_2026-02-27T16-30-00", "s_2026-02-27T16-30-00_9",
                           "s_2026-02-27T16-30-00_10", "s_2026-03-01T00-00-00"}) {
    std::filesystem::create_directory(dir / name);
  }
  // Of other studies, or no study directories at all.
  for (const char* name : {"s_2_2026-04-01T00-00-00", "s_backup", "t_2026-04-01T00-00-00"}) {
    std::filesystem::create_directory(dir / name);
  }
  std::ofstream(dir / "s_2026-04-02T00-00-00") << "a file";
  const std::vector<std::filesystem::path> expected = {
      dir / "s_2026-03-01T00-00-00", dir / "s_2026-02-27T16-30-00_10",
      dir / "s_2026-02-27T16-30-00_9", dir / "s_2026-02-27T16-30-00"};
  BOOST_TEST((study::study_directories(dir.path(), "s") == expected));
  BOOST_TEST(study::study_directories(dir / "missing", "s").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
