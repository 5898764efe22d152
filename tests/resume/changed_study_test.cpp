// A study that has changed since it began, each kind, and what study-host tells of it.
#include "support/resumable.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// A study that ran to its end, of experiments whose fields are given.
struct Changed : Resumable {
  explicit Changed(const json::array& fields) {
    use(fields);
    static_cast<void>(folder.run());
  }

  [[nodiscard]] std::string study_file() const { return (folder / "study.json").string(); }
  [[nodiscard]] std::string study_dir() const { return folder.study_dir().string(); }

  /// What is printed above the error, if the study is refused as it has to be.
  [[nodiscard]] std::string account(const json::array& fields) {
    use(fields);
    const std::string before = read_text(manifest_path());
    const ProgramResult result = resume();
    BOOST_TEST(result.exit_code == 2, result.err);
    BOOST_TEST(read_text(manifest_path()) == before);
    const std::string heading = "the study in " + study_dir() + " has changed:\n";
    BOOST_TEST_REQUIRE(result.err.starts_with(heading), result.err);
    const std::size_t end = result.err.find("study-host: ");
    BOOST_TEST_REQUIRE(end != std::string::npos, result.err);
    BOOST_TEST(contains(result.err.substr(end),
                        study_file() + " is not the study that began in " + study_dir()),
               result.err);
    BOOST_TEST(contains(result.err.substr(end), ", or leave STUDY out, or go on with --force: "),
               result.err);
    return result.err.substr(heading.size(), end - heading.size());
  }

  void change_manifest(const std::string& key, const json::value& value) const {
    json::object manifest = folder.manifest();
    manifest[key] = value;
    put_manifest(json::serialize(manifest));
  }
};

json::array numbers(std::initializer_list<int> of_n) {
  json::array fields;
  for (const int n : of_n) fields.push_back(json::object{{"n", n}});
  return fields;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(changed_study)

BOOST_AUTO_TEST_CASE(new_configurations_are_named) {
  Changed study(numbers({1, 2}));
  BOOST_TEST(study.account(numbers({1, 2, 3})) ==
             "  new:       n=3\n"
             "  unchanged: 2 configurations\n");
}

BOOST_AUTO_TEST_CASE(gone_configurations_are_named) {
  Changed study(numbers({1, 2, 3}));
  BOOST_TEST(study.account(numbers({1, 3})) ==
             "  gone:      n=2\n"
             "  unchanged: 2 configurations\n");
}

BOOST_AUTO_TEST_CASE(another_order_is_told) {
  Changed study(numbers({1, 2, 3}));
  BOOST_TEST(study.account(numbers({3, 2, 1})) ==
             "  the same 3 configurations, in another order\n");
}

BOOST_AUTO_TEST_CASE(a_field_with_another_value_is_told) {
  Changed study({{{"n", 1}, {"model", "a"}}, {{"n", 2}, {"model", "a"}}});
  BOOST_TEST(study.account({{{"n", 1}, {"model", "b"}}, {{"n", 2}, {"model", "a"}}}) ==
             "  new:       n=1, model=b\n"
             "  gone:      n=1\n"
             "  fields:    model: \"a\" → \"b\"\n"
             "  unchanged: 1 configuration\n");
}

BOOST_AUTO_TEST_CASE(a_field_of_another_type_is_told) {
  Changed study({{{"n", 1}, {"model", "a"}}, {{"n", 2}, {"model", "a"}}});
  BOOST_TEST(study.account({{{"n", "1"}, {"model", "a"}}, {{"n", 2.0}, {"model", "a"}}}) ==
             "  changed:   n=1\n"
             "  new:       n=2.0\n"
             "  gone:      n=2\n"
             "  fields:    n: 1, 2 → \"1\", 2.0\n");
}

BOOST_AUTO_TEST_CASE(a_field_that_all_get_is_told_once) {
  Changed study({{{"n", 1}, {"model", "a"}}, {{"n", 2}, {"model", "a"}}});
  BOOST_TEST(study.account({{{"n", 1}, {"model", "a"}, {"x", true}},
                            {{"n", 2}, {"model", "a"}, {"x", true}}}) ==
             "  changed:   n=1\n"
             "             n=2\n"
             "  fields:    x: absent → true\n");
}

BOOST_AUTO_TEST_CASE(a_kept_study_file_that_is_not_the_checkpoint_s_is_named_as_the_wrong_one) {
  Changed study({{{"n", 1}, {"model", "a"}}, {{"n", 2}, {"model", "a"}}});
  const std::string copy = study.study_dir() + "/study.json";
  std::string text = read_text(copy);
  text.replace(text.find("\"a\""), 3, "\"b\"");
  std::ofstream(copy) << text;
  const ProgramResult result = study.resume_alone();
  BOOST_TEST(result.exit_code == 2, result.err);
  BOOST_TEST(contains(result.err, copy +
                                      ", the study file that is kept, is not the study that the "
                                      "checkpoint in " +
                                      study.study_dir() + " is of: give the study's own file"),
             result.err);
  BOOST_TEST(!contains(result.err, "leave STUDY out"), result.err);
  BOOST_TEST(contains(result.err, "fields can't be compared"), result.err);
  // With the study's own file all is well.
  BOOST_TEST(study.resume().exit_code == 0);
}

BOOST_AUTO_TEST_CASE(an_edited_design_hash_is_not_another_order) {
  Changed study(numbers({1, 2}));
  study.change_manifest("study_design_hash", "0123456789abcdef");
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 2, result.err);
  BOOST_TEST(
      contains(result.err,
               "  the same 2 configurations, in the same order: only the design hash differs\n"),
      result.err);
  BOOST_TEST(!contains(result.err, "leave STUDY out"), result.err);
}

BOOST_AUTO_TEST_CASE(what_is_forced_keeps_the_unchanged_and_runs_the_rest) {
  Changed study(numbers({1, 2, 3}));
  study.use(numbers({3, 4, 1}));
  const ProgramResult result = study.resume({"--force"});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "1234");
}

BOOST_AUTO_TEST_SUITE_END()
