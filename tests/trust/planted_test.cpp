// What a stranger puts under the names that a study writes to and reads.
#include "support/postgres_server.hpp"
#include "support/resumable.hpp"
#include "support/two_users.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sys/sysmacros.h>

using namespace study_test;
namespace bdata = boost::unit_test::data;

namespace {

const std::string kSecret = "what the victim keeps for themself\n";

/// What a host config says of the sink.
std::string observer(const std::string& plugin) {
  if (plugin != "postgres_writer") return R"({"plugin": ")" + plugin + "\"}";
  static const PostgresServer server;
  return R"({"plugin": "postgres_writer", "options": {"connection": ")" + server.connection() +
         "\"}}";
}

/// A folder of studies that all can write to, in which the victim's study waits to be resumed.
class SharedStudy {
 public:
  explicit SharedStudy(const std::string& plugin) {
    set_mode(top_.path(), 0755);
    fs::create_directory(own());
    fs::create_directory(shared());
    write(own() / "secret", kSecret);
    write(own() / "study.yaml",
          "name: shared\nexperiments: [{n: 1}, {n: 2}]\nexecution: {max_failures: 1}\n"
          "runners: {default: {command: [sh, -c, 'cat {config_file} >&2; test -e " +
              (own() / "works").string() + " && echo {}']}}\n");
    write(own() / "study_host.json", R"({"results_dir": ")" + shared().string() +
                                         R"(", "observers": [)" + observer(plugin) + "]}");
    give_to(kVictim, top_.path());
    set_mode(own(), 0700);
    const ProgramResult result = host({"run", (own() / "study.yaml").string()});
    if (result.exit_code != 1) throw std::runtime_error("no study to be resumed: " + result.err);
    for (const auto& entry : fs::directory_iterator(shared())) {
      if (entry.is_directory()) study_dir_ = entry.path();
    }
    set_mode(shared(), 0777);
    set_mode(study_dir_, 0777);
    write(own() / "works", "");
  }

  [[nodiscard]] fs::path own() const { return top_ / "own"; }
  [[nodiscard]] fs::path shared() const { return top_ / "shared"; }
  [[nodiscard]] const fs::path& study_dir() const { return study_dir_; }

  /// study-host as the victim.
  [[nodiscard]] static ProgramResult host(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kStudyHost);
    return run_program(as_user(kVictim, std::move(arguments)));
  }

  [[nodiscard]] bool secret_is_as_it_was() const { return read_text(own() / "secret") == kSecret; }

 private:
  static void write(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }

  TempDir top_;
  fs::path study_dir_;
};

/// How a name is planted; false where this system doesn't allow it.
using Plant = std::function<bool(const fs::path& name, const SharedStudy& study)>;

const std::map<std::string, Plant> kPlants = {
    {"link to a file",
     [](const fs::path& name, const SharedStudy& study) {
       fs::create_symlink(study.own() / "secret", name);
       return true;
     }},
    {"dangling link",
     [](const fs::path& name, const SharedStudy& study) {
       fs::create_symlink(study.own() / "made", name);
       return true;
     }},
    {"pipe",
     [](const fs::path& name, const SharedStudy&) { return ::mkfifo(name.c_str(), 0666) == 0; }},
    {"directory",
     [](const fs::path& name, const SharedStudy&) { return fs::create_directory(name); }},
    {"full directory",
     [](const fs::path& name, const SharedStudy&) { return fs::create_directories(name / "x"); }},
    {"device", [](const fs::path& name, const SharedStudy&) {
       return ::mknod(name.c_str(), S_IFCHR | 0666, makedev(1, 5)) == 0;  // /dev/zero
     }}};

/// The study's own names, beside which each sink has its own. `{stem}` is the second experiment's.
const std::vector<std::string> kNames = {".study.lock", "study_record.json", "study.yaml",
                                         "study.log",   "{stem}.log",        "{stem}.config.json",
                                         "{stem}.json", ".write_check",      "manifest.json"};

const std::map<std::string, std::vector<std::string>> kNamesOfSinks = {
    {"manifest_writer",
     {".manifest.json.spare", ".manifest.json.spare2", ".manifest.json.spare3",
      ".manifest.json.probe", ".manifest.json.probe2"}},
    {"journal_writer", {"journal.jsonl"}},
    {"sqlite_writer",
     {"../studies.db", "../studies.db-wal", "../studies.db-shm", "../studies.db-journal"}},
    {"postgres_writer", {".study_id"}}};

std::vector<std::string> names_for(const std::string& plugin) {
  std::vector<std::string> names = kNamesOfSinks.at(plugin);
  if (plugin == "manifest_writer") names.insert(names.end(), kNames.begin(), kNames.end());
  return names;
}

fs::path place_of(const std::string& name, const SharedStudy& study) {
  if (!name.starts_with("{stem}")) return (study.study_dir() / name).lexically_normal();
  std::string stem;
  for (const auto& entry : fs::directory_iterator(study.study_dir())) {
    const std::string found = entry.path().filename().string();
    if (found.ends_with(".config.json")) stem = found.substr(0, found.size() - 12);
  }
  BOOST_TEST_REQUIRE(!stem.empty());
  return study.study_dir() / (stem + name.substr(6));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(planted)

BOOST_DATA_TEST_CASE(nothing_planted_makes_a_host_write_elsewhere_or_wait,
                     bdata::make({"manifest_writer", "journal_writer", "sqlite_writer",
                                  "postgres_writer"}),
                     plugin) {
  if (!has_two_users()) return;
  if (plugin == std::string("postgres_writer") && postgres_programs().empty()) {
    std::cout << "SKIPPED: no PostgreSQL server is installed here" << std::endl;
    return;
  }
  for (const std::string& name : names_for(plugin)) {
    for (const auto& [kind, plant] : kPlants) {
      BOOST_TEST_CONTEXT(name << " is a " << kind) {
        const SharedStudy study(plugin);
        const fs::path place = place_of(name, study);
        fs::remove_all(place);
        if (!plant(place, study)) {
          std::cout << "SKIPPED: a " << kind << " can't be made here" << std::endl;
          return;
        }
        give_to(kStranger, place);
        const std::string dir = study.study_dir().string();
        for (const auto& arguments : std::vector<std::vector<std::string>>{
                 {"status", dir},
                 {"run", "--resume", dir},
                 {"run", (study.own() / "study.yaml").string(), "--resume", dir},
                 {"run", (study.own() / "study.yaml").string()},
                 {"status", dir, "--config", (study.own() / "study_host.json").string()}}) {
          const ProgramResult result = SharedStudy::host(arguments);  // throws if it waits
          BOOST_TEST(result.signal == 0);
          BOOST_TEST(result.exit_code >= 0);
          BOOST_TEST(result.exit_code <= 3);
          BOOST_TEST(!contains(result.err, kSecret), result.err);
        }
        BOOST_TEST(study.secret_is_as_it_was());
        BOOST_TEST(!fs::exists(study.own() / "made"));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_in_the_way_is_named) {
  if (!has_two_users()) return;
  const SharedStudy study("manifest_writer");
  const fs::path log = study.study_dir() / "study.log";
  fs::remove(log);
  fs::create_symlink(study.own() / "secret", log);
  const ProgramResult result = SharedStudy::host({"run", "--resume", study.study_dir().string()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "cannot open " + log.string() +
                                      ": what lies there is no regular file: move it away"),
             result.err);
}

BOOST_AUTO_TEST_SUITE_END()
