#include "kept_journal.hpp"
#include "support/file_size_limit.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <cerrno>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::contains;
using study_test::KeptJournal;
using study_test::lines_of;

namespace study {
std::ostream& boost_test_print_type(std::ostream& out, Durability durability) {
  return out << (durability == Durability::power ? "power" : "process");
}
}  // namespace study

namespace {

/// Calls whose Nth fails, and which are counted.
class FaultyCalls final : public journal::AppendCalls {
 public:
  /// From now on the `first`th call fails, and `for_good` all after it.
  void fail_at(int first, bool for_good) {
    calls_ = 0;
    first_ = first;
    for_good_ = for_good;
  }
  void heal() { first_ = 0; }
  [[nodiscard]] bool has_failed() const { return first_ > 0 && calls_ >= first_; }

  ssize_t write(int fd, const void* data, std::size_t size) override {
    ++writes;
    largest_write_bytes = std::max(largest_write_bytes, size);
    if (!fails()) return AppendCalls::write(fd, data, size);
    // A disk that fills up takes a part first.
    static_cast<void>(AppendCalls::write(fd, data, size / 2));
    errno = ENOSPC;
    return -1;
  }
  int ftruncate(int fd, off_t size) override {
    return fails() ? -1 : AppendCalls::ftruncate(fd, size);
  }
  int fdatasync(int fd) override {
    ++syncs;
    return fails() ? -1 : AppendCalls::fdatasync(fd);
  }

  int writes = 0;
  int syncs = 0;
  std::size_t largest_write_bytes = 0;

 private:
  bool fails() {
    ++calls_;
    if (first_ == 0 || calls_ < first_ || (calls_ > first_ && !for_good_)) return false;
    errno = EIO;
    return true;
  }
  int calls_ = 0;
  int first_ = 0;
  bool for_good_ = false;
};

struct Failing : study_test::TempDir, KeptJournal {
  Failing() : TempDir(study_test::memory_directory()), KeptJournal(TempDir::path()) {
    calls = &faulty;
  }
  using KeptJournal::path;

  /// Step i of a fixed sequence; true if it was stored.
  bool step(int i) {
    apply(event(static_cast<std::size_t>(i % 4), (i / 4) % 2 == 0 ? running : failed, i));
    try {
      commit();
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  FaultyCalls faulty;
};

const auto kDurabilities = bdata::make({Durability::process, Durability::power});

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_commit_is_one_write_also_of_what_was_missed, Failing) {
  start();
  for (int i = 0; i < 3; ++i) BOOST_TEST(step(i));
  BOOST_TEST(faulty.writes == 3);
  faulty.fail_at(1, true);
  for (int i = 3; i < 7; ++i) BOOST_TEST(!step(i));
  faulty.heal();
  faulty.writes = 3;
  BOOST_TEST(step(7));
  BOOST_TEST(faulty.writes == 4);
  BOOST_TEST((stored() == expected()));
  BOOST_TEST(faulty.syncs == 0);
  end(StudyOutcome::completed, 10);
  BOOST_TEST(faulty.writes == 5);
  BOOST_TEST(faulty.syncs == 1);  // a study that has ended is on the disk
}

BOOST_FIXTURE_TEST_CASE(with_durability_power_each_commit_is_synced, Failing) {
  options.durability = Durability::power;
  start();
  for (int i = 0; i < 3; ++i) BOOST_TEST(step(i));
  BOOST_TEST(faulty.syncs == 3);
}

BOOST_DATA_TEST_CASE(after_any_failing_call_the_file_is_whole_and_the_next_commit_catches_up,
                     kDurabilities* bdata::make({false, true}), durability, for_good) {
  bool failed_at_all = true;
  int n = 1;
  for (; failed_at_all; ++n) {
    Failing kept;
    kept.options.durability = durability;
    kept.start();
    kept.faulty.fail_at(n, for_good);
    std::vector<StudyManifest> since_stored = {kept.expected()};
    for (int i = 0; i < 12; ++i) {
      if (kept.step(i)) since_stored.clear();
      since_stored.push_back(kept.expected());
      // What is stored, also while a torn end can't be cut off; or later, where a line is whole but
      // could be neither synced nor cut off.
      const auto found = std::find(since_stored.begin(), since_stored.end(), *kept.stored());
      BOOST_TEST_REQUIRE((found != since_stored.end()));
      if (durability == Durability::process) BOOST_TEST_REQUIRE((found == since_stored.begin()));
    }
    failed_at_all = kept.faulty.has_failed();
    kept.faulty.heal();
    BOOST_TEST_REQUIRE(kept.step(12));
    BOOST_TEST_REQUIRE((kept.stored() == kept.expected()));
    kept.end(StudyOutcome::interrupted, 99);
    BOOST_TEST_REQUIRE((kept.stored() == kept.expected()));
    const auto lines = lines_of(kept.text());
    BOOST_TEST_REQUIRE(lines.size() == 15U);
    BOOST_TEST_REQUIRE(std::all_of(lines.begin(), lines.end(), journal::is_whole));
  }
  BOOST_TEST(n > 12);  // every call has had its turn
}

BOOST_FIXTURE_TEST_CASE(what_a_long_outage_tries_in_vain_is_bounded_and_nothing_is_missing_after_it,
                        Failing) {
  start();
  faulty.fail_at(1, true);
  constexpr int kMissed = 4000;
  for (int i = 0; i < kMissed; ++i) BOOST_TEST_REQUIRE(!step(i));
  BOOST_TEST(faulty.largest_write_bytes <= std::size_t{256 * 1024});
  faulty.heal();
  BOOST_TEST(step(kMissed));
  BOOST_TEST(faulty.largest_write_bytes <= std::size_t{256 * 1024});
  const auto lines = lines_of(text());
  BOOST_TEST(text().size() > std::size_t{512 * 1024});  // in several pieces
  BOOST_TEST(lines.size() == kMissed + 2U);             // every attempt, and the study's line
  BOOST_TEST((stored() == expected()));
}

BOOST_FIXTURE_TEST_CASE(the_end_is_told_once_however_often_it_is_tried, Failing) {
  start();
  BOOST_TEST(step(0));
  for (int n = 1; n <= 2; ++n) {  // its write, then its sync
    faulty.fail_at(n, false);
    BOOST_CHECK_THROW(end(StudyOutcome::completed, 9), FileError);
  }
  faulty.heal();
  end(StudyOutcome::completed, 9);
  BOOST_TEST((stored() == expected()));
  BOOST_TEST(lines_of(text()).size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_journal_begun_again_at_the_end_tells_nothing_twice, Failing) {
  start();
  BOOST_TEST(step(0));
  faulty.fail_at(1, true);
  apply(event(0, failed, 2));
  apply(event(1, running, 3));
  BOOST_CHECK_THROW(commit(), FileError);
  fs::remove(path());
  faulty.fail_at(1, false);
  BOOST_CHECK_THROW(end(StudyOutcome::interrupted, 9), FileError);
  BOOST_TEST(fs::exists(path()));
  end(StudyOutcome::interrupted, 9);
  BOOST_TEST((stored() == expected()));
}

BOOST_FIXTURE_TEST_CASE(a_resumption_that_cannot_be_written_leaves_the_journal_as_it_was, Failing) {
  start();
  BOOST_TEST(step(0));
  const std::string before = text();
  const StudyManifest settled = checkpoint::EntryTable(expected()).manifest();
  faulty.fail_at(1, false);
  BOOST_CHECK_THROW(start(at(9), &settled), FileError);
  BOOST_TEST(text() == before);
}

BOOST_FIXTURE_TEST_CASE(a_write_that_the_system_cuts_short_leaves_no_half_line, Failing) {
  start();
  BOOST_TEST(step(0));
  const std::string before = text();
  for (rlim_t room = 0; room < 150; room += 7) {
    const study_test::FileSizeLimit limit(before.size() + room);
    apply(event(1, room % 2 == 0 ? running : failed, 1));
    BOOST_CHECK_EXCEPTION(commit(), FileError, [&](const FileError& error) {
      return contains(error.what(), path().string());
    });
    BOOST_TEST(text() == before);
  }
  play(event(2, running, 2));
  BOOST_TEST((stored() == expected()));
}
