#define BOOST_TEST_MODULE several_sinks
#include "side_by_side.hpp"

#include <study/error.hpp>

#include <string>
#include <tuple>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::KeptStudy;
using study_test::kNobody;
using study_test::SideBySide;
using study_test::SinkLibrary;
using study_test::SinkUnderTest;

namespace {

/// The sinks that keep files: each can be broken by itself, while the others aren't called.
const SinkUnderTest kSinks[] = {
    {.name = "manifest_writer", .plugin = "manifest_writer.so"},
    {.name = "journal_writer", .plugin = "journal_writer.so"},
    {.name = "sqlite_writer", .plugin = "sqlite_writer.so"},
};

}  // namespace

const SinkUnderTest& study_test::sink_under_test() {
  return kSinks[0];
}

BOOST_AUTO_TEST_CASE(several_sinks_keep_one_study_side_by_side) {
  SideBySide host(kSinks);
  host.tell(0, running, 1, kNobody);
  host.tell(0, completed, 2, kNobody);
  for (std::size_t i = 0; i < std::size(kSinks); ++i) BOOST_TEST(host.is_stored(i));
  host.end(kNobody);
  for (std::size_t i = 0; i < std::size(kSinks); ++i) BOOST_TEST(host.is_stored(i));
}

BOOST_AUTO_TEST_CASE(a_sink_that_fails_does_not_disturb_the_others) {
  for (std::size_t broken = 0; broken < std::size(kSinks); ++broken) {
    SideBySide host(kSinks);
    host.tell(0, running, 1, kNobody);
    host.tell(0, failed, 2, broken);
    host.tell(1, running, 3, broken);
    for (std::size_t i = 0; i < std::size(kSinks); ++i) {
      BOOST_TEST(host.is_stored(i) == (i != broken), kSinks[i].name);
    }
    host.tell(1, completed, 4, kNobody);
    for (std::size_t i = 0; i < std::size(kSinks); ++i) BOOST_TEST(host.is_stored(i));
    host.end(broken);
    for (std::size_t i = 0; i < std::size(kSinks); ++i) {
      BOOST_TEST(host.is_stored(i) == (i != broken), kSinks[i].name);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_one_sink_has_stored_is_what_another_goes_on_from) {
  for (const SinkUnderTest& from : kSinks) {
    for (const SinkUnderTest& to : kSinks) {
      KeptStudy first(study_test::sample_study(4), from);
      first.start();
      first.tell(0, running, 1);
      first.tell(1, running, 2);
      first.tell(1, completed, 3);
      first.abandon();
      const StudyManifest settled = host::ReferenceTable(*first.stored()).manifest();
      KeptStudy second(study_test::sample_study(4), to);
      second.start(&settled, 50);
      second.tell(0, running, 51);
      BOOST_TEST(second.is_stored(), from.name << " -> " << to.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_a_plugin_is_to_write_twice_is_refused_the_second_time) {
  for (const auto& [plugin, file, other_options] :
       {std::tuple{"manifest_writer", "manifest.json", R"({"engine": "replace"})"},
        std::tuple{"journal_writer", "journal.jsonl", R"({"durability": "power"})"}}) {
    const std::string name = plugin;
    const SinkUnderTest sink{.name = name, .plugin = name + ".so"};
    const SinkUnderTest again{.name = name,
                              .plugin = name + ".so",
                              .options = [&](const fs::path&) { return other_options; }};
    const study_test::TempDir results;
    const fs::path dir = results / "study";
    const fs::path link = results / "link";
    const fs::path other_dir = results / "other";
    fs::create_directory(dir);
    fs::create_directory(other_dir);
    fs::create_directory_symlink(dir, link);
    SinkLibrary::Logged logged;
    const StudyConfig config = study_test::sample_study(2);
    const SinkLibrary library(sink);
    const SinkLibrary same(again);
    const auto first = library.create(results.path(), logged);
    first->on_study_start({config, dir, at(0), nullptr});
    for (const fs::path& path : {dir, link}) {
      const auto second = same.create(results.path(), logged);
      BOOST_CHECK_EXCEPTION(second->on_study_start({config, path, at(0), nullptr}), StudyError,
                            [&](const StudyError& error) {
                              const std::string text = error.what();
                              BOOST_TEST_MESSAGE(text);
                              return text.find("another " + name) != std::string::npos &&
                                     text.find((path / file).string()) != std::string::npos;
                            });
    }
    // Another study is another file, and one that has ended is free.
    const auto elsewhere = same.create(results.path(), logged);
    BOOST_CHECK_NO_THROW(elsewhere->on_study_start({config, other_dir, at(0), nullptr}));
    first->on_study_end({StudyOutcome::completed, at(1)});
    const auto next = same.create(results.path(), logged);
    const StudyManifest from = *library.read(dir);
    BOOST_CHECK_NO_THROW(next->on_study_start({config, dir, at(2), &from}));
  }
}

BOOST_AUTO_TEST_CASE(one_study_may_be_kept_in_two_databases) {
  const auto in = [](const char* database) {
    return SinkUnderTest{
        .name = database, .plugin = "sqlite_writer.so", .options = [database](const fs::path&) {
          return R"({"path": ")" + std::string(database) + "\"}";
        }};
  };
  const SinkUnderTest sinks[] = {in("one.db"), in("other.db")};
  SideBySide host(sinks);
  host.tell(0, running, 1, kNobody);
  host.end(kNobody);
  for (std::size_t i = 0; i < 2; ++i) BOOST_TEST(host.is_stored(i));
}
