// What the tables hold, and that it is what the table of the study says.
#include "postgres/writer_lock.hpp"
#include "support/test_data.hpp"
#include "written_study.hpp"

#include <study/error.hpp>

#include <thread>

#include <boost/test/unit_test.hpp>

using namespace study;
using namespace study_test;
using enum study::ExperimentState;

BOOST_AUTO_TEST_SUITE(stored_study)

BOOST_AUTO_TEST_CASE(what_is_read_equals_the_table_after_each_transition) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const TempDir dir;
  StudyConfig config = sample_study(5, 2);
  config.framework_version = random_text(random, 40) + std::string(1, '\0') +
                             "\x1a"
                             "00";
  for (auto& experiment : config.experiments) {
    experiment.config["model"] = random_text(random, 60) + std::string("\0\x1a", 2);
  }
  WrittenStudy study(fresh_options(), dir.path(), config);
  BOOST_TEST_REQUIRE(study.stored() == study.expected());
  for (int step = 1; step <= 80; ++step) {
    const auto entry = study.table().entry(random() % study.table().size());
    if (entry.status == completed) continue;
    OwnedEvent event = random_legal_event(random, entry, at(step + 0.000001 * step), 2500);
    if (event.state == failed && step % 3 == 0) event.error_message.insert(0, 1, '\0');
    study.play(event);
    BOOST_TEST_REQUIRE(study.stored() == study.expected());
  }
  study.end(StudyOutcome::interrupted);
  BOOST_TEST(study.stored() == study.expected());
  BOOST_TEST(study.logged.empty());
}

BOOST_AUTO_TEST_CASE(the_first_and_the_last_possible_times_come_back) {
  const TempDir dir;
  const auto options = fresh_options();
  StudyManifest manifest = sample_manifest(2);
  manifest.head.started_at = *parse_timestamp("0000-01-01T00:00:00Z");
  manifest.experiments[0].status = completed;
  manifest.experiments[0].started_at = *parse_timestamp("0000-01-01T00:00:00.000001Z");
  manifest.experiments[0].completed_at = *parse_timestamp("9999-12-31T23:59:59.999999Z");
  const WrittenStudy study(options, dir.path(), sample_study(2), &manifest);
  BOOST_TEST(study.stored() == render_manifest(manifest));
}

BOOST_AUTO_TEST_CASE(a_directory_and_a_database_without_a_study_have_no_checkpoint) {
  const TempDir dir;
  const auto options = fresh_options();
  postgres::PostgresSink reader(options);
  BOOST_TEST(read(options, dir.path()) == "none");
  BOOST_TEST(text_of(reader.read_checkpoint({.study_name = "sample"})) == "none");
  BOOST_TEST(std::filesystem::is_empty(dir.path()));
  BOOST_TEST(server().query("SELECT count(*) FROM pg_namespace WHERE nspname = '" + options.schema +
                            "'") == "0");
}

BOOST_AUTO_TEST_CASE(by_name_the_latest_study_is_read_wherever_it_ran) {
  const TempDir first_dir;
  const TempDir second_dir;
  const auto options = fresh_options();
  WrittenStudy late(options, second_dir.path(), sample_study(3), nullptr, at(500));
  WrittenStudy early(options, first_dir.path(), sample_study(2), nullptr, at(100));
  postgres::PostgresSink reader(options);
  BOOST_TEST(text_of(reader.read_checkpoint({.study_name = "sample"})) == late.expected());
  BOOST_TEST(text_of(reader.read_checkpoint({.study_name = "other"})) == "none");
}

BOOST_AUTO_TEST_CASE(a_new_study_over_another_of_the_directory_is_refused_and_changes_no_row) {
  const TempDir dir;
  const auto options = fresh_options();
  const auto everything = [&] {
    std::string rows;
    for (const char* table : {"studies", "entries", "attempts"}) {
      rows += server().query("SELECT json_agg(t) FROM " + options.schema + "." + table + " AS t");
    }
    return rows;
  };
  std::string before;
  {
    WrittenStudy old(options, dir.path());
    old.set(0, running, 1);
    old.end(StudyOutcome::failed);
    before = everything();
  }
  BOOST_CHECK_EXCEPTION(
      WrittenStudy(options, dir.path(), sample_study(2), nullptr, at(50)), StudyError,
      [&](const StudyError& error) {
        BOOST_TEST_MESSAGE(error.what());
        return says("the study sample, which began at")(error) &&
               says("DELETE FROM \"" + options.schema + "\".studies WHERE study_id = 1")(error);
      });
  BOOST_TEST(everything() == before);
}

BOOST_AUTO_TEST_CASE(added_entries_are_rows_of_the_same_study) {
  const TempDir dir;
  const auto options = fresh_options();
  WrittenStudy study(options, dir.path(), sample_study(0));
  BOOST_TEST(study.stored() == study.expected());
  for (std::size_t i = 0; i < 3; ++i) {
    study.add(2);
    BOOST_TEST(study.stored() == study.expected());
    study.set(2 * i + 1, running, static_cast<double>(i));
    BOOST_TEST(study.stored() == study.expected());
  }
  study.end();
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_CASE(attributes_stay_with_their_attempt_also_when_the_study_is_resumed) {
  const TempDir dir;
  const auto options = fresh_options();
  const auto attributes = [&] {
    return server().query(
        "SELECT string_agg(position || ' ' || attributes, ', ' ORDER BY "
        "position) FROM " +
        options.schema + ".attempts");
  };
  StudyManifest left;
  {
    WrittenStudy study(options, dir.path(), sample_study(3));
    study.attributes = R"({"worker":"a"})";
    study.set(0, running, 1);
    study.attributes = R"({"loss":0.5})";
    study.set(0, completed, 2);
    // What text can't hold, JSON can.
    study.attributes = R"({"text":"\u0000\u001a"})";
    study.set(1, failed, 3);
    left = study.table().manifest();
  }
  const std::string expected = R"(0 {"worker":"a","loss":0.5}, 1 {"text":"\u0000\u001a"})";
  BOOST_TEST(attributes() == expected);
  const WrittenStudy resumed(options, dir.path(), sample_study(3), &left);
  BOOST_TEST(attributes() == expected);
}

BOOST_AUTO_TEST_CASE(directories_of_the_same_path_on_two_machines_are_two_studies) {
  const TempDir dir;
  const auto options = fresh_options();
  WrittenStudy here(options, dir.path());
  here.set(0, running, 1);
  here.end();
  // The other machine's directory has the path, and not what was in this one.
  std::filesystem::rename(dir / ".study_id", dir / "elsewhere");
  BOOST_TEST(read(options, dir.path()) == "none");
  WrittenStudy there(options, dir.path());
  BOOST_TEST(there.stored() == there.expected());
  there.end();
  std::filesystem::rename(dir / "elsewhere", dir / ".study_id");
  BOOST_TEST(here.stored() == here.expected());
}

BOOST_AUTO_TEST_CASE(a_directory_id_that_is_something_else_is_left_alone) {
  const TempDir dir;
  std::ofstream(dir / ".study_id") << "mine\n";
  const auto names_it = [&](const Error& error) {
    return std::string(error.what()).find((dir / ".study_id").string()) != std::string::npos;
  };
  BOOST_CHECK_EXCEPTION(WrittenStudy(fresh_options(), dir.path()), StudyError, names_it);
  BOOST_CHECK_EXCEPTION(static_cast<void>(read(fresh_options(), dir.path())), StudyError, names_it);
  std::string content;
  std::getline(std::ifstream(dir / ".study_id"), content);
  BOOST_TEST(content == "mine");
}

BOOST_AUTO_TEST_CASE(a_directory_gets_one_id_however_many_ask_for_it_at_once) {
  const TempDir dir;
  std::vector<std::string> ids(8);
  std::vector<std::thread> hosts;
  for (std::string& id : ids) {
    hosts.emplace_back(
        [&] { id = postgres::make_directory_id(dir.path(), postgres::random_token()).token; });
  }
  for (std::thread& host : hosts) host.join();
  BOOST_TEST(ids == std::vector<std::string>(8, ids[0]), boost::test_tools::per_element());
  BOOST_TEST(postgres::read_directory_id(dir.path()).value().token == ids[0]);
  const std::filesystem::directory_iterator files(dir.path());
  BOOST_TEST(std::distance(begin(files), end(files)) == 1);
}

BOOST_AUTO_TEST_CASE(ten_thousand_entries_are_stored_at_once) {
  const TempDir dir;
  WrittenStudy study(fresh_options(), dir.path(), sample_study(2500, 4));
  study.set(9999, running, 1);
  study.set(9999, completed, 2);
  BOOST_TEST((study.stored() == study.expected()));
}

BOOST_AUTO_TEST_CASE(the_views_answer_a_persons_questions) {
  const TempDir dir;
  const auto options = fresh_options();
  WrittenStudy study(options, dir.path());
  study.set(0, running, 1);
  study.set(0, completed, 2);
  study.set(1, running, 3);
  study.set(1, failed, 4);
  study.set(2, running, 5);
  study.set(2, pending, 6);
  study.set(3, running, 7);
  BOOST_TEST(server().query("SELECT concat_ws(' ', study_name, status, total_experiments, "
                            "completed, failed, pending, running, writer_pid) FROM " +
                            options.schema + ".studies_overview") ==
             "sample running 4 1 1 2 1 " + std::to_string(::getpid()));
  BOOST_TEST(server().query("SELECT string_agg(status, ' ' ORDER BY position) FROM " +
                            options.schema + ".manifest") == "completed failed pending running");
  BOOST_TEST(server().query("SELECT string_agg(position || status, ' ' ORDER BY position) FROM " +
                            options.schema + ".attempts") ==
             "0completed 1failed 2interrupted 3running");
}

BOOST_AUTO_TEST_SUITE_END()
