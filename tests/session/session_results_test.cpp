// Results as a session puts them in place and looks at them again.
#include "opened_study.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>
#include <study/timestamp.hpp>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>

using namespace study;
using study_test::killed_host;
using study_test::says;
using study_test::StudyOnDisk;

namespace {

namespace fs = std::filesystem;

const std::string kJson = "{\"loss\": 0.5}";

void set_modification_time(const fs::path& file, Timestamp time) {
  const auto us = time.time_since_epoch().count();
  const timespec times[2] = {{0, UTIME_OMIT}, {us / 1'000'000, us % 1'000'000 * 1000}};
  BOOST_TEST_REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
}

struct Completed {
  fs::path directory;
  std::vector<std::string> names;  ///< of the results
};

/// Each run of the study, told of and with its result.
Completed completed(StudyOnDisk& study) {
  Session session = study.open();
  Completed all{session.directory(), {}};
  for (const RunNumber run : session.pending()) {
    all.names.push_back(session.run(run).result_stem + ".json");
    StudyOnDisk::complete(session, run);
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session_results)

BOOST_AUTO_TEST_CASE(a_completed_run_counts_while_its_result_is_there_and_whole) {
  StudyOnDisk study(4);
  const auto [directory, names] = completed(study);
  fs::remove(directory / names[0]);
  std::ofstream(directory / names[1]) << "{\"loss\": 0.";
  fs::remove(directory / names[2]);
  fs::create_directory(directory / names[2]);
  study.log();
  const Session session = study.open();
  BOOST_TEST((session.pending() == std::vector<RunNumber>{0, 1, 2}));
  const std::string log = study.log();
  BOOST_TEST(log.find("is not there") != std::string::npos);
  BOOST_TEST(log.find("is no JSON: syntax error at byte 12") != std::string::npos);
  BOOST_TEST(log.find("is no file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_has_not_changed_since_its_host_looked_into_it_is_not_read_again) {
  StudyOnDisk study(4);
  const auto open = [&] {
    SessionOptions options = study.options();
    options.results_are_checked = true;
    return Session::open(std::move(options));
  };
  const Timestamp completed = now() - std::chrono::seconds(1);
  const Timestamp long_ago = completed - std::chrono::hours(24 * 365 * 20);  // before it has booted
  fs::path directory;
  std::vector<fs::path> files;
  {
    Session session = open();
    directory = session.directory();
    for (const RunNumber run : session.pending()) {
      files.push_back(directory / (session.run(run).result_stem + ".json"));
      session.running(run, {.time = long_ago});
      session.completed(run, {.bytes = kJson}, {.time = run == 2 ? long_ago : completed});
    }
  }
  // No JSON any more, as only a reader can tell.
  for (const fs::path& file : files) std::ofstream(file) << "{\"loss\": 0.";
  set_modification_time(files[0], completed - std::chrono::milliseconds(10));
  set_modification_time(files[1], completed - std::chrono::milliseconds(9));
  set_modification_time(files[2], long_ago);
  set_modification_time(files[3], completed - std::chrono::hours(1));
  {
    const Session session = open();
    BOOST_TEST((session.pending() == std::vector<RunNumber>{1, 2}));
  }
  SessionOptions options = study.options();
  options.rebuild = true;
  options.results_are_checked = true;
  BOOST_TEST(Session::open(std::move(options)).pending().size() == 4U);
}

BOOST_AUTO_TEST_CASE(nor_is_what_is_gone_taken_for_unchanged) {
  StudyOnDisk study(2);
  fs::path directory;
  {
    Session session = study.open();
    directory = session.directory();
    for (const RunNumber run : session.pending()) StudyOnDisk::complete(session, run);
    fs::remove(directory / (session.run(0).result_stem + ".json"));
    fs::remove(directory / (session.run(1).result_stem + ".json"));
    fs::create_directory(directory / (session.run(1).result_stem + ".json"));
  }
  SessionOptions options = study.options();
  options.results_are_checked = true;
  BOOST_TEST(Session::open(std::move(options)).pending().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_result_in_a_folder_of_the_study_counts_and_none_elsewhere) {
  StudyOnDisk study(4);
  const auto [directory, names] = completed(study);
  // As the manifests of LLenergyMeasure's later releases name them.
  std::string manifest = study::read_file(directory / "manifest.json");
  const auto rename = [&](int run, const std::string& name) {
    const std::string quoted = '"' + names[static_cast<std::size_t>(run)] + '"';
    manifest.replace(manifest.find(quoted), quoted.size(), '"' + name + '"');
    fs::create_directories((directory / name).parent_path());
    fs::copy_file(directory / names[static_cast<std::size_t>(run)], directory / name);
    fs::remove(directory / names[static_cast<std::size_t>(run)]);
  };
  rename(0, "001_c1_x/result.json");
  rename(1, "../result.json");
  rename(2, "a/.b/result.json");
  study::replace_file(directory / "manifest.json", manifest);
  study.log();
  const Session session = study.open();
  BOOST_TEST((session.pending() == std::vector<RunNumber>{1, 2}));
  BOOST_TEST(study.log().find("../result.json as its result, which is no result of this study") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_under_way_and_whose_result_is_whole_has_completed) {
  StudyOnDisk study;
  const fs::path directory = killed_host(study, [](Session& session) {
    session.running(0);
    session.running(1);
    const auto place = [&](RunNumber run) {
      return session.directory() / (session.run(run).result_stem + ".json");
    };
    std::ofstream(place(0)) << kJson;
    std::ofstream(place(1)) << "{\"loss\":";
    std::ofstream(place(2)) << kJson;  // nobody has started it
  });
  const Session session = study.open();
  BOOST_TEST((session.pending() == std::vector<RunNumber>{1, 2}));
  const ManifestEntry entry = StudyOnDisk::manifest_in(directory).experiments[0];
  BOOST_TEST((entry.status == ExperimentState::completed));
  BOOST_TEST(fs::exists(directory / entry.result_file.value()));
  BOOST_TEST((entry.completed_at.value() >= entry.started_at.value()));
}

BOOST_AUTO_TEST_CASE(a_result_is_put_in_place_as_bytes_or_as_a_file) {
  StudyOnDisk study(4);
  SessionOptions options = study.options();
  options.result_form = ResultForm::any;
  Session session = Session::open(std::move(options));
  const fs::path& directory = session.directory();
  for (const RunNumber run : session.pending()) session.running(run);
  session.completed(0, {.bytes = "plain text", .extension = ".txt"});
  BOOST_TEST(read_file(directory / (session.run(0).result_stem + ".txt")) == "plain text");

  std::ofstream(study / "here.json") << kJson;
  session.completed(1, {.file = study / "here.json"});
  BOOST_TEST(read_file(directory / (session.run(1).result_stem + ".json")) == kJson);
  BOOST_TEST(!fs::exists(study / "here.json"));

  const study_test::TempDir elsewhere("/var/tmp");  // another file system than the study's
  std::ofstream(elsewhere / "there.bin") << "bytes";
  session.completed(2, {.file = elsewhere / "there.bin", .extension = ".bin"});
  BOOST_TEST(read_file(directory / (session.run(2).result_stem + ".bin")) == "bytes");
  BOOST_TEST(!fs::exists(elsewhere / "there.bin"));

  BOOST_CHECK_EXCEPTION(session.completed(3, {.file = study / "nowhere"}), FileError,
                        says("No such file"));
  fs::create_directory(study / "folder");
  BOOST_CHECK_EXCEPTION(session.completed(3, {.file = study / "folder"}), InputError,
                        says("is no file"));
  BOOST_TEST((session.state(3) == ExperimentState::running));
  for (const char* const extension : {"json", "/../x", ".log", ""}) {
    BOOST_CHECK_EXCEPTION(session.completed(3, {.bytes = "x", .extension = extension}), InputError,
                          says("give another extension"));
  }
}

BOOST_AUTO_TEST_CASE(results_count_with_whatever_extension_they_have) {
  StudyOnDisk study;
  {
    Session session = study.open();
    session.running(0);
    session.completed(0, {.bytes = "plain text", .extension = ".txt"});
    session.running(1);
    session.completed(1, {.bytes = "gone", .extension = ".bin"});
    fs::remove(session.directory() / (session.run(1).result_stem + ".bin"));
  }
  BOOST_TEST((study.open().pending() == std::vector<RunNumber>{1, 2}));
}

BOOST_AUTO_TEST_CASE(what_is_no_result_completes_no_run) {
  StudyOnDisk study;
  Session session = study.open();
  session.running(0);
  BOOST_CHECK_EXCEPTION(session.completed(0, {.bytes = "{\"loss\": NaN}"}), InputError,
                        says("the result is no JSON"));
  BOOST_CHECK_EXCEPTION(session.completed(0), InputError, says("needs a result"));
  BOOST_TEST((session.state(0) == ExperimentState::running));
  session.completed(0, {.bytes = kJson});
}

BOOST_AUTO_TEST_CASE(where_no_result_is_needed_a_completed_run_counts_without) {
  StudyOnDisk study;
  const auto without = [&] {
    SessionOptions options = study.options();
    options.result_form = ResultForm::none;
    return Session::open(std::move(options));
  };
  {
    Session session = without();
    session.running(0);
    session.completed(0);
  }
  BOOST_TEST((without().pending() == std::vector<RunNumber>{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_result_that_its_host_has_put_into_a_folder_of_the_study_counts) {
  StudyOnDisk study;
  {
    Session session = study.open();
    fs::create_directory(session.directory() / "001_c1");
    std::ofstream(session.directory() / "001_c1/result.json") << kJson;
    session.completed(0, {.file = "001_c1/result.json", .is_in_place = true});
    BOOST_TEST(session.manifest().experiments[0].result_file.value() == "001_c1/result.json");
    for (const char* path : {"../result.json", "/tmp/result.json", "a/../result.json", "a/"}) {
      BOOST_CHECK_EXCEPTION(session.completed(1, {.file = path, .is_in_place = true}), InputError,
                            says("relative to the study's directory"));
    }
  }
  BOOST_TEST((study.open().pending() == std::vector<RunNumber>{1, 2}));
}

BOOST_AUTO_TEST_CASE(attributes_that_are_none_are_refused_before_the_result_is_in_place) {
  StudyOnDisk study;
  Session session = study.open();
  const fs::path result = session.directory() / (session.run(0).result_stem + ".json");
  const std::string much = "{\"a\": \"" + std::string(study::kMaxAttributesBytes, 'x') + "\"}";
  for (const std::string& attributes : {std::string("[1]"), std::string("{"), much}) {
    BOOST_CHECK_EXCEPTION(session.completed(0, {.bytes = "{}"}, {.attributes = attributes}),
                          InputError, says("attributes"));
  }
  BOOST_TEST(!fs::exists(result));
  BOOST_TEST((session.state(0) == study::ExperimentState::pending));
}

BOOST_AUTO_TEST_SUITE_END()
