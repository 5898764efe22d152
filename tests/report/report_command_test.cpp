// `study-host report`: what it makes of studies, and where it puts it.
#include "report/page_of_study.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace study_test;

namespace {

namespace fs = std::filesystem;
namespace bdata = boost::unit_test::data;

mode_t mode_of(const fs::path& file) {
  struct stat info {};
  BOOST_REQUIRE(::stat(file.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

/// Of three runs one fails, the others have a result and print a line.
struct Study : StudyFolder {
  Study() { use_manifest_writer(); }
  void run_three() {
    study("echo line $1 >&2; [ $1 != 2 ] || exit 3; echo '{\"loss\": '$1'.5, \"device\": \"gpu\"}'",
          {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}});
    BOOST_REQUIRE(run().exit_code == 1);
  }
  /// Two runs, each of which fails at first, one after the other.
  void run_twice_retried() {
    study("echo '{\"ok\": true}'; [ {attempt} = 2 ]", {{{"n", 1}}, {{"n", 2}}}, {{"retries", 1}});
    BOOST_REQUIRE(run().exit_code == 0);
  }
  static void expect_attempts(const json::value& data) {
    const json::value& attempts = data.at("attempts");
    BOOST_TEST(json::serialize(attempts.at("run")) == "[0,1]");
    BOOST_TEST(attempts.at("status").as_string() == "ff");
    BOOST_TEST(json::serialize(attempts.at("slot")) == "[0,0]");
    BOOST_TEST(json::serialize(data.at("runs").at("slot")) == "[0,0]");
    BOOST_TEST(data.at("runs").at("status").as_string() == "cc");
    for (std::size_t run = 0; run < 2; ++run) {
      const auto number = [&](const char* columns, const char* column) {
        return data.at(columns).at(column).at(run).to_number<double>();
      };
      BOOST_TEST(number("attempts", "duration") > 0);
      BOOST_TEST(number("attempts", "start") <= number("runs", "start"));
    }
    BOOST_TEST(json::serialize(data.at("notes")) == "[]");
  }
  [[nodiscard]] fs::path page() const { return study_dir() / "report.html"; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(report_command)

BOOST_FIXTURE_TEST_CASE(a_page_lies_beside_the_manifest_and_its_path_is_printed, Study) {
  run_three();
  const ProgramResult result = report(study_dir());
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(result.out == page().string() + "\n");
  BOOST_TEST(result.err == "");
  const json::value data = page_data(page());
  BOOST_TEST(data.at("runs").at("status").as_string() == "cfc");
  BOOST_TEST(data.at("study").at("status").as_string() == "completed");
  BOOST_TEST(json::serialize(data.at("dims")) ==
             R"([{"key":"n","kind":"number","values":[1,2,3],"of":[0,1,2]}])");
  BOOST_TEST(json::serialize(data.at("metrics")) ==
             R"([{"key":"loss","kind":"number","values":[1.5E0,null,3.5E0]}])");
  BOOST_TEST(json::serialize(data.at("texts")) ==
             R"([{"key":"device","values":["gpu"],"of":[0,-1,0]}])");
  BOOST_TEST(json::serialize(data.at("errors").at("types")) == R"(["ProcessExit"])");
  BOOST_TEST(data.at("logs").at("there").as_string() == "111");
  const json::value logs = element(read_text(page()), "log-0");
  BOOST_TEST(json::serialize(logs.at(1)) == R"([1,"line 2\n",7,1])");
}

BOOST_FIXTURE_TEST_CASE(the_page_can_go_elsewhere, Study) {
  run_three();
  BOOST_TEST(report(study_dir(), {"--output", (*this / "page.html").string()}).exit_code == 0);
  BOOST_TEST(page_data(*this / "page.html").at("runs").at("status").as_string() == "cfc");
  const ProgramResult printed = report(study_dir(), {"--output", "-"});
  BOOST_TEST(printed.exit_code == 0);
  BOOST_TEST(printed.out.starts_with("<!doctype html>"));
  BOOST_TEST(printed.out.ends_with("</html>\n"));
  BOOST_TEST(element(printed.out, "data").at("runs").at("status").as_string() == "cfc");
  BOOST_TEST(!fs::exists(page()));
}

BOOST_FIXTURE_TEST_CASE(nothing_but_an_earlier_report_is_replaced, Study) {
  run_three();
  BOOST_TEST(report(study_dir()).exit_code == 0);
  BOOST_TEST(report(study_dir()).exit_code == 0);
  for (const std::string name : {"manifest.json", "study.json", "notes.html"}) {
    const fs::path file = study_dir() / name;
    if (!fs::exists(file)) std::ofstream(file) << "<!doctype html>\nmine";
    const std::string before = read_text(file);
    const ProgramResult result = report(study_dir(), {"--output", file.string()});
    BOOST_TEST(result.exit_code == 2);
    BOOST_TEST(
        contains(result.err, file.string() + " is there and is no report, and stays as it is"),
        result.err);
    BOOST_TEST(read_text(file) == before);
  }
}

BOOST_FIXTURE_TEST_CASE(a_planted_name_leads_the_page_nowhere_else, Study) {
  run_three();
  std::ofstream(*this / "victim") << "precious";
  fs::create_symlink(*this / "victim", page());
  ProgramResult result = report(study_dir());
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, page().string()), result.err);
  BOOST_TEST(read_text(*this / "victim") == "precious");
  fs::remove(page());
  BOOST_REQUIRE(::mkfifo(page().c_str(), 0600) == 0);
  BOOST_TEST(report(study_dir()).exit_code == 2);
  fs::remove(page());
  fs::create_directory(page());
  result = report(study_dir());
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, "is a directory"), result.err);
}

BOOST_FIXTURE_TEST_CASE(what_lies_elsewhere_is_not_in_the_page, Study) {
  run_three();
  std::ofstream(*this / "secret.json") << R"({"loss": 42, "word": "secret"})";
  for (const std::string& name : files()) {
    const bool is_taken = name.ends_with(".log") && name != "study.log";
    if (!is_taken && !(name.ends_with(".json") && name.starts_with("experiment"))) continue;
    fs::remove(study_dir() / name);
    fs::create_symlink(*this / "secret.json", study_dir() / name);
  }
  const ProgramResult result = report(study_dir());
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(contains(result.err, "2 results can't be read"), result.err);
  BOOST_TEST(!contains(read_text(page()), "secret"));
  BOOST_TEST(json::serialize(page_data(page()).at("notes")) == R"(["2 results can't be read"])");
}

BOOST_DATA_TEST_CASE_F(Study, earlier_attempts_and_slots_come_from_any_sink_that_keeps_them,
                       bdata::make({"journal_writer", "sqlite_writer"}) *
                           bdata::make({false, true}),
                       sink, beside_a_manifest) {
  json::array observers{{{"plugin", sink}}};
  if (beside_a_manifest) observers.push_back(json::object{{"plugin", "manifest_writer"}});
  host(observers);
  run_twice_retried();
  const ProgramResult result = report(study_dir());
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(result.err == "");
  expect_attempts(page_data(page()));
  // Also without the config, by where the sink's file lies.
  if (!beside_a_manifest) return;
  fs::remove(*this / "study_host.json");
  BOOST_TEST(report(study_dir()).exit_code == 0);
  expect_attempts(page_data(page()));
}

BOOST_FIXTURE_TEST_CASE(a_manifest_alone_has_no_earlier_attempts, Study) {
  run_twice_retried();
  const ProgramResult result = report(study_dir());
  BOOST_TEST(result.err == "");
  const json::value data = page_data(page());
  BOOST_TEST(json::serialize(data.at("attempts").at("run")) == "[]");
  BOOST_TEST(json::serialize(data.at("runs").at("slot")) == "[-1,-1]");
  BOOST_TEST(json::serialize(data.at("notes")) == "[]");
}

BOOST_FIXTURE_TEST_CASE(a_journal_that_breaks_off_is_told_of, Study) {
  host({{{"plugin", "journal_writer"}}, {{"plugin", "manifest_writer"}}});
  run_twice_retried();
  const fs::path journal = study_dir() / "journal.jsonl";
  std::string text = read_text(journal);
  const std::size_t failed = text.find("\"state\":\"failed\"");
  text.replace(text.find("\"state\":\"failed\"", failed + 1), 18, "\"state\":\"failes\"");
  std::ofstream(journal) << text;
  const ProgramResult result = report(study_dir());
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(std::count(result.err.begin(), result.err.end(), '\n') == 1, result.err);
  const json::value data = page_data(page());
  BOOST_TEST(json::serialize(data.at("attempts").at("run")) == "[0]");
  const std::string note = data.at("notes").at(0).as_string().c_str();
  BOOST_TEST(contains(note, "earlier attempts are not all here: "), note);
  BOOST_TEST(contains(note, "journal.jsonl:"), note);
}

BOOST_FIXTURE_TEST_CASE(nobody_s_config_is_loaded_for_attempts, Study) {
  host({{{"plugin", "sqlite_writer"}, {"options", {{"path", "elsewhere.db"}}}},
        {{"plugin", "manifest_writer"}}});
  run_twice_retried();
  fs::permissions(*this / "study_host.json", fs::perms::others_write, fs::perm_options::add);
  const ProgramResult result = report(study_dir());
  BOOST_TEST(result.exit_code == 0);
  const json::value data = page_data(page());
  BOOST_TEST(json::serialize(data.at("attempts").at("run")) == "[]");
  const std::string note = data.at("notes").at(0).as_string().c_str();
  BOOST_TEST(contains(note, "earlier attempts are not all here: the host config"), note);
  BOOST_TEST(contains(note, "others can write to"), note);
  BOOST_TEST(contains(result.err, note), result.err);
  // Who is asked for it by name is another thing.
  BOOST_TEST(report(study_dir(), {"--config", (*this / "study_host.json").string()}).exit_code ==
             0);
  expect_attempts(page_data(page()));
}

BOOST_FIXTURE_TEST_CASE(any_sink_will_do, Study) {
  host({{{"plugin", "sqlite_writer"}}});
  run_three();
  const ProgramResult result = report(study_dir());
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(page_data(page()).at("runs").at("status").as_string() == "cfc");
}

BOOST_FIXTURE_TEST_CASE(a_page_is_not_more_readable_than_what_it_tells_of, Study) {
  run_three();
  BOOST_TEST(report(study_dir()).exit_code == 0);
  const mode_t open_mode = mode_of(page());
  BOOST_TEST((open_mode & 0044) != 0u);
  for (const std::string& name : files()) {
    if (!name.ends_with(".log") || name == "study.log") continue;
    fs::permissions(study_dir() / name, fs::perms::owner_read | fs::perms::owner_write);
    BOOST_TEST(report(study_dir()).exit_code == 0);
    BOOST_TEST(mode_of(page()) == 0600u);
    return;
  }
}

BOOST_FIXTURE_TEST_CASE(what_was_running_when_its_host_died_was_interrupted, Study) {
  study("echo started > started; sleep 600");
  Program host(command());
  wait_for_file(fs::current_path() / "started");
  // The observers are told a moment after the process has begun.
  wait_until("the run is told of", [&] {
    return manifest().at("experiments").at(0).at("status").as_string() == "running";
  });
  host.send(SIGKILL);
  host.wait();
  fs::remove(fs::current_path() / "started");
  BOOST_TEST(report(study_dir()).exit_code == 0);
  const json::value data = page_data(page());
  BOOST_TEST(data.at("runs").at("status").as_string() == "i");
  BOOST_TEST(data.at("study").at("status").as_string() == "interrupted");
  BOOST_TEST(data.at("study").at("over").as_bool());
  run({"--resume", study_dir().string(), "--dry-run"});
}

BOOST_FIXTURE_TEST_CASE(without_its_record_a_study_has_its_summaries, Study) {
  run_three();
  fs::remove(study_dir() / "study_record.json");
  BOOST_TEST(report(study_dir()).exit_code == 0);
  const json::value data = page_data(page());
  BOOST_TEST(data.at("dims").at(0).at("key").as_string() == "config_summary");
  BOOST_TEST(data.at("metrics").as_array().size() == 1u);
  BOOST_TEST(data.at("logs").at("there").as_string() ==
             "101");  // the failed one's name isn't known
  std::ofstream(study_dir() / "study_record.json") << "{";
  const ProgramResult result = report(study_dir());
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(contains(result.err, "the report doesn't know the fields of the configurations"),
             result.err);
}

BOOST_FIXTURE_TEST_CASE(a_folder_of_studies_is_listed_as_status_does, Study) {
  run_three();
  const ProgramResult result = report(results());
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(result.out.starts_with(results().string() + " is no study; those in it:\n"));
  BOOST_TEST(contains(result.out, study_dir().string()), result.out);
  BOOST_TEST(result.out == run_program({kStudyHost, "status", results().string()}).out);
  BOOST_TEST(!has("report.html"));
}

BOOST_FIXTURE_TEST_CASE(wrong_input_is_named, Study) {
  run_three();
  const auto fails = [](const ProgramResult& result, int code, const std::string& text) {
    BOOST_TEST(result.exit_code == code);
    BOOST_TEST(contains(result.err, text), result.err);
    BOOST_TEST(result.out == "");
    BOOST_TEST(std::count(result.err.begin(), result.err.end(), '\n') == 1, result.err);
  };
  fails(run_program({kStudyHost, "report"}), 2, "DIR is required");
  fails(report(""), 2, "must not be empty");
  fails(report(*this / "absent"), 2, "no such directory");
  fails(report(study_dir() / "manifest.json"), 2, "is a file; give the study directory");
  fails(report(path()), 2, "no manifest.json there");
  fails(report(results(), {"--output", "x.html"}), 2,
        results().string() + " is no study, but has 1 in it: give one of them");
  fails(report(study_dir(), {"--outputs", "x"}), 2, "did you mean '--output'?");
  fails(report(study_dir(), {"--output", (*this / "no/where.html").string()}), 3, "--output");
  std::ofstream(study_dir() / "manifest.json") << "{";
  fails(report(study_dir()), 2, "manifest.json");
}

BOOST_AUTO_TEST_CASE(the_script_makes_no_markup_of_texts) {
  const fs::path folder = fs::path(STUDY_SOURCE_DIR) / "sample_host/report/page";
  int scripts = 0;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() != ".js") continue;
    ++scripts;
    const std::string text = read_text(file.path());
    for (const char* word :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
          "DOMParser", "fetch(", "XMLHttpRequest", "import(", "WebSocket"}) {
      BOOST_TEST(!contains(text, word), file.path() << " has " << word);
    }
  }
  BOOST_TEST(scripts > 10);
}

BOOST_AUTO_TEST_SUITE_END()
