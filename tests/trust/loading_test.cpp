// Looking at a study runs nobody else's code.
#include "support/resumable.hpp"
#include "support/two_users.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// A study of the stranger's whose host config names a plugin of the stranger's own.
class StrangeStudy {
 public:
  StrangeStudy() {
    set_mode(home_.path(), 0755);
    folder_ = home_ / "strange";
    fs::create_directories(folder_ / "plugins");
    plugin_ = folder_ / "plugins" / "spy.so";
    fs::copy_file(STUDY_BUILD_DIR "/tests/zoo/marks_its_loading.so", plugin_);
    write(folder_ / "study.yaml",
          "name: strange\nexperiments: [{n: 1}]\n"
          "runners: {default: {command: [sh, -c, 'echo {}']}}\n");
    name_plugin("plugins/spy.so");
    fs::create_directories(folder_ / "results" / "strange_2026-02-27T16-30-00");
    write(study_dir() / "study_record.json",
          R"({"study_file": "/x/study.yaml", "study_copy": "study.yaml", "base_copy": null, )"
          R"("framework_version": "1", "started_at": "2026-02-27T16:30:00Z", "host_config": ")" +
              config().string() + "\"}");
    give_to(kStranger, folder_);
  }

  void name_plugin(const std::string& plugin) const {
    write(config(), R"({"observers": [{"plugin": ")" + plugin + R"("}]})");
  }
  static void write(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }

  [[nodiscard]] const fs::path& folder() const { return folder_; }
  [[nodiscard]] fs::path config() const { return folder_ / "study_host.json"; }
  [[nodiscard]] const fs::path& plugin() const { return plugin_; }
  [[nodiscard]] fs::path study_dir() const {
    return folder_ / "results" / "strange_2026-02-27T16-30-00";
  }

  /// study-host as `user` in the folder; 0: as root.
  [[nodiscard]] ProgramResult look(unsigned user, std::vector<std::string> arguments,
                                   const std::string& program = kStudyHost,
                                   std::vector<std::string> variables = {}) const {
    fs::remove(mark());
    set_mode(marks_.path(), 0777);
    std::vector<std::string> command{"env", "-C", folder_.string(), program};
    command.insert(command.end(), arguments.begin(), arguments.end());
    variables.push_back("STUDY_TEST_MARK=" + mark().string());
    return run_program(user == 0 ? command : as_user(user, command), std::move(variables));
  }
  /// Whether the plugin has been loaded by the last look.
  [[nodiscard]] bool was_loaded() const { return fs::exists(mark()); }

  /// The commands that look, none of which names the config.
  [[nodiscard]] std::vector<std::vector<std::string>> looks() const {
    return {{"status", study_dir().string()},
            {"status", "--study", "strange"},
            {"report", study_dir().string(), "--output", "-"},
            {"plugins"},
            {"run", "study.yaml", "--dry-run"}};
  }

 private:
  [[nodiscard]] fs::path mark() const { return marks_ / "loaded"; }

  TempDir home_;
  TempDir marks_;
  fs::path folder_;
  fs::path plugin_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(loading)

BOOST_AUTO_TEST_CASE(what_a_stranger_s_config_names_is_loaded_by_nobody_who_only_looks) {
  if (!has_two_users()) return;
  const StrangeStudy study;
  for (const unsigned user : {kVictim, 0U}) {
    for (const auto& look : study.looks()) {
      BOOST_TEST_CONTEXT("user " << user << ": " << look.front() << " " << look.back()) {
        const ProgramResult result = study.look(user, look);
        BOOST_TEST(!study.was_loaded());
        BOOST_TEST(result.exit_code == 3, result.err);
        BOOST_TEST(contains(result.err, study.folder().string() + " belongs to the user 54302"),
                   result.err);
        BOOST_TEST(contains(result.err, "--config"), result.err);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(one_s_own_config_and_one_that_is_named_are_obeyed) {
  if (!has_two_users()) return;
  const StrangeStudy study;
  static_cast<void>(study.look(kStranger, {"plugins"}));
  BOOST_TEST(!study.was_loaded());  // the folder isn't on the path
  for (const auto& look : study.looks()) {
    if (look.front() == "plugins") continue;
    static_cast<void>(study.look(kStranger, look));
    BOOST_TEST(study.was_loaded(), look.front());
  }
  static_cast<void>(study.look(
      kVictim, {"status", study.study_dir().string(), "--config", study.config().string()}));
  BOOST_TEST(study.was_loaded());
}

BOOST_AUTO_TEST_CASE(what_others_can_write_to_counts_as_theirs) {
  if (!has_two_users()) return;
  StrangeStudy study;
  give_to(kVictim, study.folder());
  const std::vector<std::string> look{"status", "--study", "strange"};
  const auto refusal = [&] {
    const ProgramResult result = study.look(kVictim, look);
    return study.was_loaded() ? "loaded" : result.err;
  };
  BOOST_TEST(refusal() == "loaded");
  for (const fs::path& path :
       {study.config(), study.plugin(), study.folder(), study.plugin().parent_path()}) {
    const auto before = fs::status(path).permissions();
    set_mode(path, 0777);
    BOOST_TEST(contains(refusal(), "others can write to " + path.string()), refusal());
    set_mode(path, 0775);  // a group that has more members than its owner
    BOOST_TEST(contains(refusal(), "others can write to " + path.string()), refusal());
    fs::permissions(path, before);
  }
  BOOST_TEST(refusal() == "loaded");
  give_to(kStranger, study.plugin());
  BOOST_TEST(contains(refusal(), study.plugin().string() + " belongs to"), refusal());
}

BOOST_AUTO_TEST_CASE(a_link_to_one_s_own_config_is_the_stranger_s_who_has_put_it_there) {
  if (!has_two_users()) return;
  const StrangeStudy study;
  TempDir own;
  fs::rename(study.config(), own / "study_host.json");
  give_to(kVictim, own.path());
  fs::create_symlink(own / "study_host.json", study.config());
  const ProgramResult result = study.look(kVictim, {"status", "--study", "strange"});
  BOOST_TEST(!study.was_loaded());
  BOOST_TEST(result.exit_code == 3, result.err);
}

BOOST_AUTO_TEST_CASE(
    a_program_with_more_rights_than_its_user_takes_no_plugin_from_the_environment) {
  if (!has_two_users()) return;
  const StrangeStudy study;
  const TempDir programs;
  set_mode(programs.path(), 0755);
  const std::string plain = (programs / "study-host").string();
  fs::copy_file(kStudyHost, plain);
  set_mode(plain, 0755);
  const std::vector<std::string> path{"STUDY_OBSERVER_PATH=" +
                                      study.plugin().parent_path().string()};
  fs::remove(study.config());
  static_cast<void>(study.look(kVictim, {"plugins"}, plain, path));
  BOOST_TEST(study.was_loaded());
  set_mode(plain, 04755);
  const ProgramResult result = study.look(kVictim, {"plugins"}, plain, path);
  BOOST_TEST(!study.was_loaded());
  BOOST_TEST(result.exit_code == 3, result.err);
}

BOOST_AUTO_TEST_SUITE_END()
