// The tables get from each version to the next, and nothing is lost on the way.
#include "postgres/schema.hpp"

#include "postgres/directory_id.hpp"
#include "written_study.hpp"

#include <study/error.hpp>

#include <boost/test/unit_test.hpp>

using namespace study;
using namespace study_test;
using postgres::Migration;

namespace {

struct Tables {
  void migrate(std::span<const Migration> steps) const {
    postgres::Connection connection(settings);
    const auto deadline = postgres::Clock::now() + kDeadline;
    postgres::prepare_session(connection, deadline);
    postgres::migrate(connection, options.schema, deadline, steps);
  }
  [[nodiscard]] std::string query(const std::string& what) const {
    return server().query("SELECT " + what + " FROM " + options.schema + ".studies");
  }
  [[nodiscard]] std::string version() const {
    return server().query("SELECT string_agg(version::text, ' ') FROM " + options.schema +
                          ".schema_version");
  }
  /// The present steps and one more.
  [[nodiscard]] static std::vector<Migration> next_version(const char* sql) {
    std::vector<Migration> steps(postgres::migrations().begin(), postgres::migrations().end());
    steps.push_back({postgres::migrations().back().version + 1, sql});
    return steps;
  }

  const postgres::PostgresOptions options = fresh_options();
  const postgres::ConnectionSettings settings{options.connection, 5};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(schema)

BOOST_FIXTURE_TEST_CASE(each_version_leads_to_the_present_one, Tables) {
  const auto steps = postgres::migrations();
  for (std::size_t first = 1; first <= steps.size(); ++first) {
    BOOST_TEST(steps[first - 1].version == static_cast<std::int32_t>(first));
    migrate(steps.first(first));
    BOOST_TEST(version() == std::to_string(first));
  }
  migrate(steps);  // once is enough
  const TempDir dir;
  const WrittenStudy study(options, dir.path());
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_FIXTURE_TEST_CASE(the_next_version_keeps_what_there_is, Tables) {
  const TempDir dir;
  const WrittenStudy study(options, dir.path());
  const auto steps =
      next_version("ALTER TABLE {s}.studies ADD COLUMN note text DEFAULT 'from before'");
  migrate(steps);
  BOOST_TEST(version() == std::to_string(steps.back().version));
  BOOST_TEST(query("note") == "from before");
  BOOST_CHECK_EXCEPTION(migrate(postgres::migrations()), CheckpointError, [](const auto& error) {
    return error.kind() == CheckpointError::Kind::newer_version;
  });
}

BOOST_FIXTURE_TEST_CASE(a_migration_that_fails_leaves_the_tables_as_they_were, Tables) {
  migrate(postgres::migrations().first(1));
  const auto steps = next_version("ALTER TABLE {s}.studies ADD COLUMN note text; SELECT 1 / 0");
  BOOST_CHECK_THROW(migrate(steps), StudyError);
  BOOST_TEST(version() == "1");
  BOOST_TEST(server().query("SELECT count(*) FROM information_schema.columns WHERE table_schema = "
                            "'" +
                            options.schema +
                            "' AND column_name IN ('note', "
                            "'directory_inode')") == "0");
}

BOOST_FIXTURE_TEST_CASE(a_study_of_version_1_is_read_and_resumed, Tables) {
  migrate(postgres::migrations().first(1));
  const TempDir dir;
  const auto id = postgres::make_directory_id(dir.path(), postgres::random_token());
  server().query("INSERT INTO " + options.schema +
                 ".studies (directory_id, study_dir, study_name, study_design_hash, "
                 "schema_version, framework_version, status, started_at, writer_host, writer_pid, "
                 "writer_since, writer_token) VALUES ('" +
                 id.token + "', '" + dir.path().string() +
                 "', 'old', 'hash', '2.0', '1', 'running', now(), 'host', 1, "
                 "now(), 'token')");
  const auto before = postgres::PostgresSink(options).read_checkpoint({.study_dir = dir.path()});
  BOOST_TEST_REQUIRE(before.has_value());
  BOOST_TEST(before->head.study_name == "old");
  BOOST_TEST(version() == "1");  // who reads changes nothing
  const WrittenStudy study(options, dir.path(), sample_study(4), &*before, at(60));
  BOOST_TEST(version() == std::to_string(postgres::migrations().back().version));
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_SUITE_END()
