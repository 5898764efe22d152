// How many spare generations there are, and when.
#define BOOST_TEST_MODULE swap_spares
#include "support/snapshot.hpp"
#include "swapped_letters.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <cerrno>
#include <deque>
#include <fstream>
#include <memory>
#include <set>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>

namespace fs = std::filesystem;
using study::Durability;
using study::read_file;
using study::manifest::BlockIndex;
using study::manifest::FileSystem;
using study::manifest::kMaxSpares;
using study::manifest::SwapFile;
using study_test::Letters;
using study_test::OpenedSnapshot;

namespace {

using Names = std::set<std::string>;

/// Time passes only when the test says so, and no file that is new can be filled while the disk is
/// full.
class SteeredFileSystem final : public FileSystem {
 public:
  std::chrono::steady_clock::time_point now() override { return time; }
  ssize_t pwrite(int fd, const void* data, std::size_t size_bytes, off_t offset) override {
    struct stat found {};
    ::fstat(fd, &found);
    if (is_full && offset + static_cast<off_t>(size_bytes) > found.st_size) {
      errno = ENOSPC;
      return -1;
    }
    return FileSystem::pwrite(fd, data, size_bytes, offset);
  }
  int fdatasync(int fd) override {
    ++data_syncs;
    return FileSystem::fdatasync(fd);
  }

  std::chrono::steady_clock::time_point time{std::chrono::hours(1)};
  bool is_full = false;
  int data_syncs = 0;
};

struct Fixture {
  study_test::TempDir dir;
  SteeredFileSystem files;
  Letters source{8};
  fs::path path = dir / "file";
  SwapFile file{files, path, Durability::process};
  int publications = 0;
  std::deque<std::unique_ptr<OpenedSnapshot>> readers;

  Fixture() { file.create(source); }

  void publish() {
    const auto block = static_cast<BlockIndex>(publications % 7) % source.block_count();
    source.letters[block] = static_cast<char>('b' + publications++ % 25);
    file.publish(source, std::span(&block, 1));
    BOOST_TEST_REQUIRE(read_file(path) == source.text());
    for (const auto& reader : readers) BOOST_TEST_REQUIRE(reader->unchanged());
  }
  void publish(int times) {
    for (int i = 0; i < times; ++i) publish();
  }
  void open_reader() { readers.push_back(std::make_unique<OpenedSnapshot>(path)); }

  [[nodiscard]] Names names() const {
    Names names;
    for (const auto& entry : fs::directory_iterator(dir.path()))
      names.insert(entry.path().filename().string());
    return names;
  }
};

const Names kOneSpare = {"file", ".file.spare"};
const Names kTwoSpares = {"file", ".file.spare", ".file.spare2"};
const Names kThreeSpares = {"file", ".file.spare", ".file.spare2", ".file.spare3"};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_second_spare_is_there_only_as_long_as_somebody_reads, Fixture) {
  publish(200);
  BOOST_TEST((names() == kOneSpare));
  open_reader();
  publish();  // into the spare that nobody has ever seen
  BOOST_TEST((names() == kOneSpare));
  publish();
  BOOST_TEST((names() == kTwoSpares));
  BOOST_TEST(file.whole_writes() == 3U);
  readers.clear();
  publish(50);
  files.time += SwapFile::kKeepSpares - std::chrono::milliseconds(1);
  publish(50);
  BOOST_TEST((names() == kTwoSpares));
  files.time += std::chrono::milliseconds(1);
  publish();
  BOOST_TEST(names().size() == kOneSpare.size());
  publish(50);
  BOOST_TEST(file.whole_writes() == 3U);
  file.remove_spares();
  BOOST_TEST((names() == Names{"file"}));
}

BOOST_FIXTURE_TEST_CASE(readers_that_come_and_go_cost_nothing_once_the_spares_are_there, Fixture) {
  // Three, one of which closes each time and opens what is then published.
  for (int i = 0; i < 300; ++i) {
    open_reader();
    publish();
    if (readers.size() == kMaxSpares) readers.pop_front();
  }
  BOOST_TEST((names() == kThreeSpares));
  BOOST_TEST(file.whole_writes() == 1 + kMaxSpares);
}

BOOST_FIXTURE_TEST_CASE(of_more_readers_than_spares_those_of_the_oldest_keep_it_without_its_name,
                        Fixture) {
  for (int i = 0; i < 100; ++i) {
    open_reader();
    publish();
    BOOST_TEST_REQUIRE(names().size() <= kThreeSpares.size());
    if (readers.size() == 7) readers.pop_front();
  }
  BOOST_TEST((names() == kThreeSpares));
}

BOOST_FIXTURE_TEST_CASE(a_spare_that_a_reader_never_gives_back_is_not_waited_for, Fixture) {
  open_reader();
  publish(10);
  BOOST_TEST((names() == kTwoSpares));
  for (int i = 0; i < 4; ++i) {
    files.time += SwapFile::kKeepSpares / 2;
    publish(10);
  }
  BOOST_TEST(names().size() == kOneSpare.size());
  BOOST_TEST(file.whole_writes() == 3U);
}

BOOST_FIXTURE_TEST_CASE(what_a_spare_lacks_after_a_long_time_is_patched, Fixture) {
  source.letters = std::string(4000, 'a');
  source.size = 256;  // a new layout: written whole
  publish(2);
  open_reader();
  const auto writes = file.whole_writes();
  for (BlockIndex block = 0; block < 200; ++block) {
    source.letters[block * 17] = 'X';
    const BlockIndex changed = block * 17;
    file.publish(source, std::span(&changed, 1));
  }
  BOOST_TEST_REQUIRE(readers.front()->unchanged());
  readers.clear();
  publish(kMaxSpares + 1);
  BOOST_TEST(file.whole_writes() == writes + 1);  // the spare beside the one that was held
}

BOOST_FIXTURE_TEST_CASE(a_spare_that_was_held_for_long_is_synced_before_it_is_published, Fixture) {
  // Or a power loss after the exchange could take back what has long been on the disk.
  for (int i = 0; i < 5; ++i) {
    files.time += std::chrono::minutes(1);
    publish();
  }
  BOOST_TEST(files.data_syncs == 0);  // who is just one publication behind needs none
  open_reader();
  publish(3);
  readers.clear();
  publish(3);
  BOOST_TEST(files.data_syncs == 0);
  open_reader();
  publish(3);
  files.time += std::chrono::milliseconds(201);
  readers.clear();
  publish(1);
  BOOST_TEST(files.data_syncs == 1);
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_keeps_what_is_held_for_when_its_reader_has_gone, Fixture) {
  publish(3);
  open_reader();
  publish();
  files.is_full = true;
  const std::string before = read_file(path);
  for (int i = 0; i < 3; ++i) {
    BOOST_CHECK_THROW(publish(), study::FileError);
    BOOST_TEST(read_file(path) == before);
    BOOST_TEST((names() == kOneSpare));
    BOOST_TEST(readers.front()->unchanged());
  }
  const auto writes = file.whole_writes();
  readers.clear();
  publish(5);  // needs no room
  BOOST_TEST(file.whole_writes() == writes);
}

BOOST_FIXTURE_TEST_CASE(what_is_planted_on_the_names_is_neither_followed_nor_in_the_way, Fixture) {
  const fs::path secret = dir / "secret";
  std::ofstream(secret) << "secret";
  fs::create_symlink(secret, dir / ".file.spare2");
  fs::create_directories(dir / ".file.spare3" / "full");
  for (int i = 0; i < 40; ++i) {
    open_reader();
    publish();
    if (readers.size() == 4) readers.pop_front();
  }
  BOOST_TEST(read_file(secret) == "secret");
  BOOST_TEST(fs::is_regular_file(fs::symlink_status(dir / ".file.spare2")));
  BOOST_TEST(fs::is_directory(dir / ".file.spare3" / "full"));
  readers.clear();
  file.remove_spares();
  BOOST_TEST((names() == Names{"file", "secret", ".file.spare3"}));
}

BOOST_AUTO_TEST_CASE(
    what_a_killed_writer_has_left_is_removed_and_a_directory_or_pipe_is_no_obstacle) {
  const study_test::TempDir dir;
  fs::create_directories(dir / ".file.spare" / "full");
  BOOST_TEST_REQUIRE(::mkfifo((dir / ".file.spare2").c_str(), 0600) == 0);
  std::ofstream(dir / ".file.spare3") << "half a generat";
  std::ofstream(dir / "file") << "of another layout";
  SwapFile file(FileSystem::system(), dir / "file", Durability::power);
  const Letters source(8);
  file.create(source);
  BOOST_TEST(read_file(dir / "file") == source.text());
  BOOST_TEST(read_file(dir / ".file.spare2") == source.text());
  BOOST_TEST(!fs::exists(dir / ".file.spare3"));
}

BOOST_AUTO_TEST_CASE(where_all_names_have_something_on_them_the_first_is_told) {
  const study_test::TempDir dir;
  for (const fs::path& name : study::manifest::spare_paths(dir / "file")) {
    fs::create_directories(name / "full");
  }
  SwapFile file(FileSystem::system(), dir / "file", Durability::process);
  BOOST_CHECK_EXCEPTION(file.create(Letters(8)), study::FileError, [&](const study::FileError& it) {
    return std::string(it.what()).find((dir / ".file.spare").string()) != std::string::npos;
  });
}
