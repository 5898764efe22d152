// An experiment that the kernel really ends for lack of memory, in a control group that is short of
// it.
#include "support/study_folder.hpp"

#include <iostream>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>
#include <unistd.h>

using namespace study_test;

namespace {

namespace fs = std::filesystem;

constexpr const char* kLimitBytes = "100000000";

/// Whether all of it was taken.
bool put(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  return static_cast<bool>(out.flush());
}

/// A control group of its own with little memory, of either version; needs root.
class SmallGroup {
 public:
  SmallGroup() {
    const std::string name = "study_test_" + std::to_string(::getpid());
    const fs::path root = "/sys/fs/cgroup";
    if (fs::exists(root / "memory/memory.limit_in_bytes")) {
      make(root / "memory" / name, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes",
           kLimitBytes);
    } else if (fs::exists(root / "cgroup.subtree_control")) {
      put(root / "cgroup.subtree_control", "+memory");
      make(root / name, "memory.max", "memory.swap.max", "0");
    }
  }
  SmallGroup(const SmallGroup&) = delete;
  SmallGroup& operator=(const SmallGroup&) = delete;
  ~SmallGroup() {
    if (!path_.empty()) ::rmdir(path_.c_str());
  }

  /// Empty where there can't be one.
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  void make(const fs::path& path, const char* limit, const char* swap_limit,
            const std::string& swap) {
    if (::mkdir(path.c_str(), 0755) != 0) return;
    if (!put(path / limit, kLimitBytes)) {
      ::rmdir(path.c_str());
      return;
    }
    if (fs::exists(path / swap_limit)) put(path / swap_limit, swap);
    path_ = path;
  }

  fs::path path_;
};

/// What study-host says of the only experiment, of a study run in such a group.
std::string error_of(const std::string& script, json::object runner = {}) {
  const SmallGroup group;
  if (group.path().empty()) {
    std::cout << "SKIPPED: no control group with a limit of memory can be made here\n";
    return {};
  }
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study(script, {{{"n", 1}}}, std::move(runner));
  const ProgramResult result =
      run_program({"sh", "-c", "echo $$ > \"$1/cgroup.procs\" && shift && exec \"$@\"", "sh",
                   group.path().string(), kStudyHost, "run", (folder / "study.json").string()});
  BOOST_TEST(result.exit_code == 1, result.err);
  std::string error(folder.manifest().at("experiments").at(0).at("error_message").as_string());
  BOOST_TEST(error.find("the kernel has ended a process here for lack of memory (oom_kill in " +
                        group.path().string()) != std::string::npos,
             error);
  return error;
}

constexpr const char* kUsesAll = "tail /dev/zero";  // keeps all of a line that never ends
constexpr const char* kRunsWhatUsesAll = "tail /dev/zero; exit $?";

}  // namespace

BOOST_AUTO_TEST_SUITE(out_of_memory)

BOOST_AUTO_TEST_CASE(an_experiment_that_the_kernel_ends_for_lack_of_memory_is_told_so) {
  error_of(kUsesAll);
  error_of(kRunsWhatUsesAll);
}

BOOST_AUTO_TEST_CASE(a_leaf_tells_of_it_too) {
  for (const char* script : {kUsesAll, kRunsWhatUsesAll}) {
    const std::string error = error_of(script, {{"launcher", {"env"}}});
    BOOST_TEST((error.empty() || error.find("it ran on ") != std::string::npos), error);
  }
}

BOOST_AUTO_TEST_SUITE_END()
