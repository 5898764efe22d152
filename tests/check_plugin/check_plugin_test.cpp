// The conformance check, put to plugins that keep the contract and to the zoo, each animal of which
// breaks it in the one way that its name says.
#include "check_plugin/report.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <ostream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
namespace data = boost::unit_test::data;
using host::Verdict;

namespace {

const fs::path kZoo = fs::path(STUDY_BUILD_DIR) / "tests" / "zoo";

/// The case that an animal was made for, and what the report has to say.
struct Failure {
  const char* animal;
  const char* name;
  const char* reason;

  friend std::ostream& operator<<(std::ostream& out, const Failure& failure) {
    return out << failure.animal;
  }
};

constexpr const char* kShakesHands = "it loads and shakes hands";
constexpr const char* kIsText = "its name, version and description are text";
constexpr const char* kSchema = "its options schema is a JSON object";
constexpr const char* kMakes = "it makes an observer and destroys it";
constexpr const char* kWholeStudy = "it observes a whole study";
constexpr const char* kEndsNormally = "the host ends normally after it";
constexpr const char* kGivesManifest = "asked for its checkpoint, it gives one manifest or none";
constexpr const char* kNoTrace = "there is none before a study, and asking leaves no trace";

constexpr const char* kAllAttempts = "it tells of all attempts at each run";
constexpr const char* kNoAttempts = "of a study that is not there it tells of none";
constexpr const char* kListsStudies = "it lists the studies of its store";
constexpr const char* kPrintsNothing = "it prints nothing to the host's stdout";
constexpr const char* kSignals = "it leaves signal handlers and masks as they are";

constexpr Failure kFailures[] = {
    {"text_file", kShakesHands, "invalid ELF header"},
    {"empty_file", kShakesHands, "file too short"},
    {"unresolved_symbol", kShakesHands, "zoo_function_that_nobody_has"},
    {"no_entry_point", kShakesHands, "does not export study_observer_plugin_v1"},
    {"entry_returns_null", kShakesHands, "refused this host"},
    {"wrong_magic", kShakesHands, "magic"},
    {"wrong_major", kShakesHands, "speaks version 2.0"},
    {"too_small", kShakesHands, "128 bytes"},
    {"no_create", kShakesHands, "no create"},
    {"no_on_study_start", kShakesHands, "no on_study_start"},
    {"no_on_experiment_state", kShakesHands, "no on_experiment_state"},
    {"no_on_study_end", kShakesHands, "no on_study_end"},
    {"no_destroy", kShakesHands, "no destroy"},
    {"exports_too_much", "it exports its entry point alone", "zoo_use_of_shared"},
    {"takes_the_hosts", "it exports its entry point alone", "zoo_owner"},
    {"name_empty", kIsText, "its name is empty"},
    {"name_not_utf8", kIsText, "its name is not UTF-8"},
    {"name_without_data", kIsText, "its name has a size but no data"},
    {"schema_not_json", kSchema, "is not JSON"},
    {"schema_without_data", kSchema, "has a size but no data"},
    {"create_refuses", kMakes, "create failed with STUDY_FAILED: not today"},
    {"create_refuses_options", kMakes, "STUDY_BAD_OPTIONS: these options do not go together"},
    {"create_gives_null", kMakes, "create returned STUDY_OK but no observer"},
    {"throws_in_constructor", kMakes, "no licence"},
    {"accepts_any_option", "it refuses an unknown option", "STUDY_BAD_OPTIONS, but create succ"},
    {"accepts_any_option", "it refuses a value of a wrong type", "for {\"colour\": -1.5E0}"},
    {"start_fails", kWholeStudy, "on_study_start failed with STUDY_FAILED: no room for a study"},
    {"experiment_fails", kWholeStudy, "on_experiment_state failed with STUDY_FAILED: no room"},
    {"end_fails", kWholeStudy, "on_study_end failed with STUDY_FAILED: no room for an end"},
    {"throws_exception", kWholeStudy, "the disk is on fire"},
    {"throws_int", kWholeStudy, "not a std::exception"},
    {"throws_bad_alloc", kWholeStudy, "out of memory"},
    {"lets_exceptions_out", kWholeStudy, "on_study_end lets out an exception: nobody catches me"},
    {"fails_silently", kWholeStudy, "STUDY_FAILED without a message"},
    {"unknown_status", kWholeStudy, "the status 1234, which doesn't exist"},
    {"message_beyond_capacity", kWholeStudy, "4096000 bytes in a buffer of 4096"},
    {"message_not_utf8", kWholeStudy, "a message that is not UTF-8: half a character: "},
    {"aborts", kWholeStudy, "died of SIGABRT in on_experiment_state"},
    {"exits", kWholeStudy, "ended the host's process with exit code 3 in on_study_start"},
    {"hangs", kWholeStudy, "no answer within 3 s in on_study_end"},
    {"read_fails", kGivesManifest, "STUDY_FAILED: no way in"},
    {"checkpoint_corrupt", kGivesManifest, "STUDY_CHECKPOINT_CORRUPT: page 7 is torn"},
    {"checkpoint_newer", kGivesManifest, "STUDY_CHECKPOINT_NEWER_VERSION: written by version 9"},
    {"receive_never", kGivesManifest, "handed over nothing"},
    {"receive_twice", kGivesManifest, "handed over more than one text"},
    {"receive_no_data", kGivesManifest, "a text with a size but without data"},
    {"receive_no_manifest", kGivesManifest, "no manifest of schema 2.0"},
    {"receive_then_none", kGivesManifest, "handed a text over and returned STUDY_NO_CHECKPOINT"},
    {"confuses_versions", "it answers hosts of other versions",
     "it hands a host of version 2.0 something that is no table"},
    {"refuses_interruptions", "it observes an interrupted study", "what is an interruption?"},
    {"refuses_failures", "it observes a study with failures", "what is a failure?"},
    {"refuses_resumption", "it observes a resumed study", "resume from where?"},
    {"needs_an_end", "it can be destroyed before the end", "died of SIGABRT in destroy"},
    {"aborts_at_exit", kEndsNormally, "died of SIGABRT in exit"},
    {"changes_the_exit_code", kEndsNormally, "the host's process with exit code 3 in exit"},
    {"trusts_its_host", "it survives options that are no JSON object",
     "died of SIGABRT in create; it printed: options that are no object"},
    {"trusts_its_host", "it survives states and outcomes that don't exist",
     "died of SIGABRT in on_experiment_state; it printed: no such state"},
    {"trusts_its_host", "it survives times that don't exist",
     "died of SIGABRT in on_experiment_state; it printed: no such time"},
    {"trusts_its_host", "it survives a start with rubbish",
     "died of SIGABRT in on_study_start; it printed: a study that is no object"},
    {"trusts_its_host", "it survives structs that are too small",
     "died of SIGABRT in on_study_start; it printed: a start that is too short"},
    {"trusts_its_host", "it survives texts of 100 kB",
     "died of SIGABRT in on_experiment_state; it printed: a message without end"},
    {"takes_two_at_once", "several threads may call it at once", "one after the other!"},
    {"works_in_children", "in a forked child it refuses, and harms nothing",
     "it takes events in a forked child"},
    {"hangs_in_children", "in a forked child it refuses, and harms nothing",
     "it hangs in a forked child"},
    {"prints_to_stdout", kPrintsNothing, "it printed `one more`; the log is for"},
    {"prints_at_exit", kPrintsNothing, "it printed `goodbye`; the log is for"},
    {"changes_directory", "it leaves the working directory as it is",
     "after on_study_start the working directory is /"},
    {"changes_umask", "it leaves the umask as it is", "after create the umask is 0077 in the"},
    {"catches_signals", kSignals, "after create SIGINT has another handler"},
    {"blocks_signals", kSignals, "after on_experiment_state SIGTERM is blocked in the host's"},
    {"leaks_descriptors", "it closes what it opens", "3 observers have left open the descriptors "},
    {"passes_descriptors_on", "programs that the host starts inherit nothing of it",
     "(/dev/zero); open with O_CLOEXEC"},
    {"silent_in_children", "in a forked child it refuses, and harms nothing", "without a message"},
    {"replaces_studies", "a new study replaces none", "it begins a new study over the one"},
    {"forgets_earlier_attempts", kAllAttempts, "it tells of 1 attempts at"},
    {"attempts_break_off", kAllAttempts, "STUDY_CHECKPOINT_CORRUPT: page 7 is torn"},
    {"invents_attempts", kNoAttempts, "handed a text over and returned STUDY_NO_CHECKPOINT"},
    {"attempts_rubbish", kNoAttempts, "handed over what is no attempt: an attempt:1: "},
    {"lists_the_latest_alone", kListsStudies, "while two studies are under way it lists the study"},
    {"counts_no_failures", kListsStudies, "\"failed\":0,"},
    {"studies_break_off", kListsStudies, "list_studies failed with STUDY_CHECKPOINT_CORRUPT: page"},
    {"studies_rubbish", kListsStudies, "handed over what is no study: a study:1: "},
    {"lists_all_names", "asked for those of one name, it lists no others", "of another kind`, it "},
    {"away_to_earlier_hosts", "no host of an earlier version is told that the store is away",
     "on_study_start failed with STUDY_STORE_AWAY: the server is away: a host of version 1.1"},
    {"away_at_the_end", kWholeStudy, "on_study_end returned STUDY_STORE_AWAY, which is for"},
    {"forgets_what_is_added", "experiments may be added",
     "after an experiment was added its checkpoint is wrong"},
    {"trusts_the_directory", "it survives that the study directory goes away",
     "died of SIGABRT in on_experiment_state"},
    {"trusts_the_directory", "a missing study directory is refused with a reason, or not needed",
     "died of SIGABRT in on_study_start"},
    {"trusts_the_directory",
     "a study directory that is a file is refused with a reason, or not needed",
     "died of SIGABRT in on_study_start"},
    {"logs_raw_text", "it repairs or refuses what is not UTF-8",
     "a message is not UTF-8: half \uFFFD"},
    {"invents_entries", "events of unknown experiments change nothing",
     "it has 14 entries in the place of 12"},
    {"one_call_at_a_time", "two observers may work at the same time", "one at a time!"},
    {"resumes_no_interrupted", "an interrupted study goes on", "this one can't be resumed"},
    {"resumes_no_unfinished", "a study whose observer died goes on", "this one can't be resumed"},
    {"resumes_no_foreign", "a study that another plugin observed goes on",
     "this one can't be resumed"},
    {"one_observer_only", "several of its observers live side by side", "a study already"},
    {"overruns_message", "its messages fit the caller's buffer", "beyond the end of the caller's"},
    {"cuts_at_zero", "it takes quotes, control characters, U+0000 and 4-byte characters",
     "error_message `zero ` in the place of `zero \\x00 inside`"},
    {"erases_results", "illegal and repeated transitions change nothing", "in the place of"},
    {"wants_exact_sizes", "it accepts structs that have grown", "struct_size is wrong"},
    {"one_thread_only", "each call may come from another thread",
     "died of SIGABRT in on_experiment_state"},
    {"logs_rubbish", "it logs text, with a severity that exists", "the severity 99"},
    {"logs_after_destroy", "it logs nothing after destroy", "after destroy had returned"},
    {"keeps_borrowed", "it reads them only during the call",
     "died of SIGSEGV in on_experiment_state"},
    {"needs_terminator", "it takes no text for terminated",
     "died of SIGSEGV in on_experiment_state"},
    {"keeps_views", "it keeps copies of what it needs longer", "the result_file `xxx"},
    {"invents_checkpoints", kNoTrace, "for an empty study directory"},
    {"leaves_traces", kNoTrace, "creates files"},
    {"lags_behind", "another observer reads each transition as soon as it is stored",
     "after 2 transitions (--seed 1) its checkpoint is wrong: "},
    {"stores_only_at_the_end", "another observer reads each transition as soon as it is stored",
     "after the start read_checkpoint has none, but it has one after the end"},
    {"stores_only_at_the_end", "it tells how the study ended",
     "before the end read_checkpoint has none, but it has one after the end"},
    {"stores_only_at_the_end", "a study whose observer died goes on",
     "before it is resumed read_checkpoint has none, but it has one after the end"},
    {"stores_only_at_the_end", "several of its observers live side by side",
     "read_checkpoint has none, but it has one after three studies at once"},
    {"forgets_the_end", "it tells how the study ended",
     "the status running in the place of completed"},
    {"finds_the_wrong_one", "it is found by the study's name", "the study name ``"},
    {"dies_with_its_observer", "it is there when the study never ended", "has none any more"},
    {"keeps_its_own_state", "the host's state wins over the stored one", "in the place of"},
    {"slow", "the study hardly waits for it", " ms, more than 10 ms, and the study waits for it"},
};

/// They show what is allowed.
constexpr const char* kHealthy[] = {"healthy",         "newer_minor", "no_read_checkpoint",
                                    "recorder",        "keeper",      "logs_from_a_thread",
                                    "keeps_to_its_own"};

host::CheckOptions options_for(const fs::path& plugin) {
  host::CheckOptions options;
  options.plugin = plugin;
  options.time_limit = std::chrono::seconds(60);
  options.slow_limit = std::chrono::seconds(1);
  return options;
}

std::string report(const std::vector<host::CheckedCase>& checked) {
  std::string text;
  for (const auto& one : checked) text += host::case_line(one) + "\n";
  return text;
}

std::size_t count(const std::vector<host::CheckedCase>& checked, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(checked.begin(), checked.end(),
                    [&](const auto& one) { return one.result.verdict == verdict; }));
}

std::vector<fs::path> plugins_of_this_build() {
  std::vector<fs::path> files;
  std::istringstream list(STUDY_PLUGIN_FILES);
  for (std::string file; std::getline(list, file, '|');) files.emplace_back(file);
  return files;
}

}  // namespace

BOOST_DATA_TEST_CASE(each_animal_fails_the_case_that_it_was_made_for, data::make(kFailures),
                     failure) {
  auto options = options_for(kZoo / (std::string(failure.animal) + ".so"));
  options.only = failure.name;
  if (failure.animal == std::string("hangs")) options.time_limit = std::chrono::seconds(3);
  if (failure.animal == std::string("slow")) options.slow_limit = std::chrono::milliseconds(10);
  const auto checked = host::try_cases(options, {});
  const auto found = std::find_if(checked.begin(), checked.end(),
                                  [&](const auto& one) { return one.tried.name == failure.name; });
  BOOST_TEST_REQUIRE((found != checked.end()), report(checked));
  BOOST_TEST((found->result.verdict == Verdict::fail), report(checked));
  BOOST_TEST(found->result.text.find(failure.reason) != std::string::npos, report(checked));
  // The gates before it are passed, so that it is this case which has found it.
  BOOST_TEST(count(checked, Verdict::fail) == 1U, report(checked));
}

BOOST_DATA_TEST_CASE(a_plugin_that_keeps_the_contract_passes, data::make(kHealthy), animal) {
  const auto checked = host::try_cases(options_for(kZoo / (std::string(animal) + ".so")), {});
  BOOST_TEST(count(checked, Verdict::fail) == 0U, report(checked));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_in_memory_has_every_case_tried) {
  const auto checked = host::try_cases(options_for(kZoo / "keeper.so"), {});
  BOOST_TEST(count(checked, Verdict::skip) == 0U, report(checked));
}

BOOST_AUTO_TEST_CASE(the_plugins_of_this_build_keep_the_contract) {
  for (const fs::path& plugin : plugins_of_this_build()) {
    const auto checked = host::try_cases(options_for(plugin), {});
    BOOST_TEST(count(checked, Verdict::fail) == 0U, plugin << "\n" << report(checked));
  }
}

BOOST_AUTO_TEST_CASE(no_animal_of_the_zoo_is_left_out) {
  std::set<std::string> known(std::begin(kHealthy), std::end(kHealthy));
  for (const Failure& failure : kFailures) known.insert(failure.animal);
  known.insert("directory");                                              // no file at all
  known.insert({"needs_a_library", "needs_libpq", "marks_its_loading"});  // about loading
  for (const auto& entry : fs::directory_iterator(kZoo)) {
    BOOST_TEST(known.count(entry.path().stem().string()) == 1U, entry.path());
  }
}

BOOST_AUTO_TEST_CASE(every_case_is_failed_by_some_animal) {
  std::set<std::string> failed;
  for (const Failure& failure : kFailures) failed.insert(failure.name);
  for (const host::Case& one : host::all_cases()) {
    BOOST_TEST(failed.count(std::string(one.name)) == 1U, one.name);
  }
}
