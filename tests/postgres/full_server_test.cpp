// A server that has no connection left when a study begins.
#include "postgres/first_connection.hpp"
#include "written_study.hpp"

#include <study/error.hpp>

#include <atomic>
#include <optional>
#include <thread>

#include <boost/test/unit_test.hpp>

using namespace study;
using namespace study_test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A role that may have one connection, and has it.
class FullRole {
 public:
  FullRole() {
    static int number = 0;
    name_ = "full_" + std::to_string(++number);
    server().query("CREATE ROLE " + name_ + " LOGIN CONNECTION LIMIT 1");
    server().query("GRANT CREATE ON DATABASE postgres TO " + name_);
    taken_.emplace(settings_of(server().connection(name_)));
  }

  void free() {
    taken_.reset();
    wait_until("its session has ended", [this] {
      return server().query("SELECT count(*) FROM pg_stat_activity WHERE usename = '" + name_ +
                            "'") == "0";
    });
  }
  [[nodiscard]] postgres::PostgresOptions options() const {
    auto options = fresh_options();
    options.connection = server().connection(name_);
    return options;
  }

 private:
  struct Taken {
    explicit Taken(postgres::ConnectionSettings given)
        : settings(std::move(given)), connection(settings) {}
    postgres::ConnectionSettings settings;
    postgres::Connection connection;
  };
  static postgres::ConnectionSettings settings_of(const std::string& connection) {
    return {connection, 5};
  }

  std::string name_;
  std::optional<Taken> taken_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(full_server)

BOOST_AUTO_TEST_CASE(it_is_named_with_what_to_do) {
  const FullRole role;
  const TempDir dir;
  BOOST_CHECK_EXCEPTION(
      WrittenStudy(role.options(), dir.path()), StudyError, [](const StudyError& error) {
        const std::string text = error.what();
        BOOST_TEST_MESSAGE(text);
        return contains(text, "too many connections for role") &&
               contains(text, "raise the server's max_connections") && !contains(text, "Start it");
      });
}

BOOST_AUTO_TEST_CASE(it_is_waited_for) {
  FullRole role;
  const TempDir dir;
  auto options = role.options();
  options.start_wait = std::chrono::hours(1);
  std::atomic<int> warnings = 0;
  postgres::PostgresSink sink(options, [&](LogSeverity, std::string_view text) {
    BOOST_TEST(contains(std::string(text), "is waited for, 3600 s at most: "));
    ++warnings;
  });
  const StudyConfig config = sample_study(1);
  checkpoint::EntryTable table(initial_manifest(config, make_plan(config), at(0)));
  std::thread host([&] {
    const std::filesystem::path path = dir.path();
    sink.open(table, {config, path, at(0)});
  });
  wait_until("it is said", [&] { return warnings == 1; });
  role.free();
  host.join();
  BOOST_TEST(warnings == 1);
  sink.close(table, std::chrono::steady_clock::now() + kDeadline);
  BOOST_TEST(read(options, dir.path()) == text_of(table.manifest()));
}

BOOST_AUTO_TEST_CASE(what_does_not_pass_is_not_waited_for) {
  for (const char* sqlstate : {"", "53300", "57P03", "08P01"}) {
    BOOST_TEST(postgres::may_pass(sqlstate), sqlstate);
  }
  const TempDir dir;
  auto options = fresh_options();
  options.connection = server().connection("study", "no_such_database");
  options.start_wait = std::chrono::hours(1);
  BOOST_CHECK_EXCEPTION(WrittenStudy(options, dir.path()), StudyError, [](const StudyError& error) {
    return contains(error.what(), "Create the database");
  });
}

BOOST_AUTO_TEST_SUITE_END()
