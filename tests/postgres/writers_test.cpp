// Many hosts, one database, and one writer for each study.
#include "other_host.hpp"
#include "postgres/schema.hpp"
#include "postgres/study_store.hpp"
#include "postgres/writer_lock.hpp"
#include "postgres/writer_session.hpp"

#include <study/error.hpp>

#include <iostream>

#include <boost/test/unit_test.hpp>

using namespace study;
using namespace study_test;
using enum study::ExperimentState;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

postgres::Deadline soon() {
  return postgres::Clock::now() + kDeadline;
}

/// A writer's session that has stored a study and holds its lock, and another connection.
struct FormerSession {
  FormerSession() {
    postgres::prepare_session(former, soon());
    postgres::make_tables(former, options.schema, soon());
    postgres::acquire(former, lock, soon());
    checkpoint::EntryTable table(sample_manifest(1));
    static_cast<void>(
        postgres::store_study(former, lock, postgres::opened_study(table, false), soon()));
    postgres::prepare_session(next, soon());
  }

  const postgres::PostgresOptions options = fresh_options();
  const postgres::ConnectionSettings settings{options.connection, 5};
  const TempDir dir;
  postgres::WriterLock lock{.schema = options.schema,
                            .directory = {"id", 1},
                            .study_dir = dir.path(),
                            .writer = this_writer(),
                            .token = "token"};
  postgres::Connection former{settings};
  postgres::Connection next{settings};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(writers)

BOOST_AUTO_TEST_CASE(a_study_that_another_host_writes_is_refused) {
  const TempDir dir;
  const auto options = fresh_options();
  const OtherHost other(options, dir);
  const std::string before = read(options, dir.path());
  BOOST_CHECK_EXCEPTION(
      WrittenStudy(options, dir.path()), StudyError, [&](const StudyError& error) {
        BOOST_TEST_MESSAGE(error.what());
        return contains(error.what(), "is being written") &&
               contains(error.what(), "process " + std::to_string(other.pid()) + ", since 20") &&
               contains(error.what(), this_writer().host) && contains(error.what(), dir.path());
      });
  BOOST_TEST(read(options, dir.path()) == before);
}

BOOST_AUTO_TEST_CASE(a_study_that_another_host_writes_by_another_path_is_refused) {
  const TempDir dir;
  const TempDir elsewhere;
  const auto link = elsewhere / "link";
  std::filesystem::create_directory_symlink(dir.path(), link);
  const auto options = fresh_options();
  const OtherHost other(options, dir);
  BOOST_CHECK_EXCEPTION(WrittenStudy(options, link), StudyError, [&](const StudyError& error) {
    return contains(error.what(), "process " + std::to_string(other.pid()) + ", since 20");
  });
  BOOST_TEST(server().query("SELECT count(*) FROM " + options.schema + ".studies") == "1");
}

BOOST_AUTO_TEST_CASE(a_killed_writers_study_is_free_at_once) {
  const TempDir dir;
  const auto options = fresh_options();
  OtherHost other(options, dir);
  const auto before = postgres::PostgresSink(options).read_checkpoint({.study_dir = dir.path()});
  other.kill();
  const WrittenStudy study(options, dir.path(), sample_study(4), &*before, at(60));
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_CASE(studies_of_several_hosts_do_not_disturb_each_other) {
  const TempDir one_dir;
  const TempDir other_dir;
  const auto options = fresh_options();
  const OtherHost other(options, other_dir);
  WrittenStudy study(options, one_dir.path());
  study.set(1, running, 5);
  BOOST_TEST(study.stored() == study.expected());
  BOOST_TEST(read(options, other_dir.path()) != study.expected());
}

BOOST_AUTO_TEST_CASE(hosts_that_start_at_once_on_an_empty_database_all_find_their_tables) {
  const auto options = fresh_options();
  std::vector<std::unique_ptr<TempDir>> dirs;
  std::vector<pid_t> hosts;
  for (int i = 0; i < 6; ++i) {
    dirs.push_back(std::make_unique<TempDir>());
    hosts.push_back(::fork());
    if (hosts.back() != 0) continue;
    try {
      WrittenStudy study(options, dirs.back()->path());
      study.set(0, running, 1);
      study.end();
      ::_exit(study.logged.empty() ? 0 : 1);
    } catch (const std::exception& error) {
      std::cerr << error.what() << '\n';
      ::_exit(2);
    }
  }
  for (const pid_t host : hosts) {
    int status = -1;
    ::waitpid(host, &status, 0);
    BOOST_TEST(status == 0);
  }
  BOOST_TEST(server().query("SELECT count(*) FROM " + options.schema + ".attempts") == "6");
}

BOOST_AUTO_TEST_CASE(a_study_that_was_taken_over_is_written_no_more) {
  const TempDir dir;
  const auto options = fresh_options();
  WrittenStudy old(options, dir.path());
  old.set(0, running, 1);
  const StudyManifest before = old.table().manifest();
  server().query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
      "'postgres_writer'");
  WrittenStudy heir(options, dir.path(), sample_study(4), &before, at(60));
  heir.set(1, running, 61);
  old.set(0, completed, 62);
  old.set(3, running, 63);
  BOOST_TEST_REQUIRE(old.logged.size() == 1U);
  BOOST_TEST(contains(old.logged[0], "was taken over"));
  BOOST_TEST(contains(old.logged[0], "process " + std::to_string(::getpid())));
  BOOST_TEST(heir.stored() == heir.expected());
  heir.end();
  old.end();
  BOOST_TEST(heir.stored() == heir.expected());
}

BOOST_AUTO_TEST_CASE(a_study_that_was_deleted_is_written_no_more) {
  const TempDir dir;
  const auto options = fresh_options();
  WrittenStudy study(options, dir.path());
  server().query("DELETE FROM " + options.schema + ".studies");
  study.set(0, running, 1);
  BOOST_TEST_REQUIRE(study.logged.size() == 1U);
  BOOST_TEST(contains(study.logged[0], "was deleted from"));
  BOOST_TEST(server().query("SELECT count(*) FROM " + options.schema + ".attempts") == "0");
}

BOOST_FIXTURE_TEST_CASE(a_former_session_that_hangs_is_ended_by_its_own_writer, FormerSession) {
  postgres::reacquire(next, lock, soon());
  BOOST_TEST(lock.server_pid == next.server_pid());
  BOOST_CHECK_THROW(former.run("SELECT 1", soon()), postgres::ServerError);
}

BOOST_FIXTURE_TEST_CASE(a_lock_that_an_unknown_session_holds_is_not_broken, FormerSession) {
  lock.server_pid = 1;  // whoever holds it is on the way to taking the study over
  BOOST_CHECK_THROW(postgres::reacquire(next, lock, soon()), postgres::ServerError);
  BOOST_TEST(former.run("SELECT 1", soon()).integer(0, 0) == 1);
}

BOOST_AUTO_TEST_CASE(a_row_that_is_sent_twice_is_stored_once) {
  const auto options = fresh_options();
  const TempDir dir;
  const WrittenStudy study(options, dir.path());
  const postgres::ConnectionSettings settings(options.connection, 5);
  const postgres::WriterLock lock{.schema = options.schema, .study_id = 1};
  const postgres::AttemptRow row{.entry = 2,
                                 .attempt = 1,
                                 .sequence = 7,
                                 .state = ExperimentState::failed,
                                 .started_at = at(1),
                                 .ended_at = at(2),
                                 .error_type = "Error",
                                 .error_message = "why"};
  for (int i = 0; i < 2; ++i) {
    postgres::WriterSession session(postgres::Connection(settings), lock, soon());
    session.send({.entries = {}, .attempts = {row}}, std::nullopt);
    BOOST_TEST_REQUIRE(session.await(soon()));
  }
  BOOST_TEST(server().query("SELECT string_agg(concat_ws(' ', position, attempt, status, "
                            "error_message), ',') FROM " +
                            options.schema + ".attempts") == "2 1 failed why");
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_sent_twice_is_stored_once) {
  const auto options = fresh_options();
  const TempDir dir;
  const WrittenStudy study(options, dir.path());
  const postgres::ConnectionSettings settings(options.connection, 5);
  const postgres::WriterLock lock{.schema = options.schema, .study_id = 1};
  const postgres::EntryRow row{.entry = 4,
                               .config_hash = "trial",
                               .config_summary = "a trial",
                               .study_design_hash = "design"};
  for (int i = 0; i < 2; ++i) {
    postgres::WriterSession session(postgres::Connection(settings), lock, soon());
    session.send({.entries = {row}, .attempts = {}}, std::nullopt);
    BOOST_TEST_REQUIRE(session.await(soon()));
  }
  BOOST_TEST(server().query("SELECT position || config_hash || study_design_hash FROM " +
                            options.schema + ".entries JOIN " + options.schema +
                            ".studies USING (study_id) WHERE position > 3") == "4trialdesign");
}

BOOST_AUTO_TEST_SUITE_END()
