#define BOOST_TEST_MODULE result_power_loss
#include "session/result_sync.hpp"
#include "support/lossy_disk.hpp"
#include "support/temp_dir.hpp"

#include <study/atomic_file.hpp>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kNothing = 0;
constexpr std::uint64_t kVeryMuch = std::numeric_limits<std::uint64_t>::max();

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string text_of(const fs::path& path) {
  return fs::exists(path) ? study::read_file(path) : std::string();
}

}  // namespace

BOOST_DATA_TEST_CASE(what_is_synced_is_there_after_a_power_loss_and_nobody_elses_is_waited_for,
                     bdata::make({"ext4", "xfs"}) * bdata::make({kNothing, kVeryMuch}), type,
                     dirty) {
  const study_test::TempDir temporary;
  const auto disk = study_test::LossyDisk::make(type, temporary.path());
  if (!disk) {
    std::cout << "SKIPPED: no disk: " << study_test::Mount::problem() << std::endl;
    return;
  }
  const std::vector<std::string> names = {"a.json", "b.json", "run/result.json"};
  for (const std::string& name : names) write(disk->path() / "study" / name, "result " + name);
  const std::string others(1'000'000, 'x');
  write(disk->path() / "elsewhere" / "others", others);
  BOOST_TEST(study::sync_results(disk->path() / "study", names, dirty).empty());
  BOOST_TEST_REQUIRE(disk->snapshot());
  const auto lost = disk->mount_snapshot();
  BOOST_TEST_REQUIRE(lost.has_value());
  for (const std::string& name : names) {
    BOOST_TEST(text_of(lost->path() / "study" / name) == "result " + name);
  }
  const bool has_others = text_of(lost->path() / "elsewhere" / "others") == others;
  BOOST_TEST(has_others == (dirty == kNothing));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_synced_by_itself_is_synced_with_all) {
  const study_test::TempDir dir;
  write(dir.path() / "a.json", "{}");
  BOOST_TEST(
      study::sync_results(dir.path(), std::vector<std::string>{"gone.json", "a.json"}, kVeryMuch)
          .empty());
  BOOST_TEST(study::sync_results(dir.path(), std::vector<std::string>{"a.json/b.json"}, kVeryMuch)
                 .empty());
  BOOST_TEST(study::sync_results(dir.path() / "none", std::vector<std::string>{"a.json"}, kNothing)
                 .starts_with("No such file"));
  BOOST_TEST(study::sync_results(dir.path() / "none", {}, kNothing).empty());
}

BOOST_AUTO_TEST_CASE(the_kernel_tells_how_much_is_dirty) {
  const study_test::TempDir dir;
  const std::uint64_t before = study::dirty_bytes();
  BOOST_TEST(before < std::uint64_t{1} << 40);
  write(dir.path() / "a", std::string(std::size_t{32} << 20, 'x'));
  BOOST_TEST(study::dirty_bytes() > 0U);
}
