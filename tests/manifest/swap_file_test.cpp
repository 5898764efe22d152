#define BOOST_TEST_MODULE swap_file
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"
#include "swapped_letters.hpp"

#include <study/atomic_file.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using study::Durability;
using study::read_file;
using study::manifest::BlockIndex;
using study::manifest::FileSystem;
using study::manifest::SwapFile;
using study_test::MappedSnapshot;
using study_test::OpenedSnapshot;

using Fixture = study_test::SwappedLetters;
using study_test::Letters;

BOOST_FIXTURE_TEST_CASE(each_publication_is_whole_and_writes_only_what_changed, Fixture) {
  BOOST_TEST(read_file(path) == source.text());
  for (int i = 0; i < 100; ++i) {
    publish(static_cast<BlockIndex>(i * 7 % 8), static_cast<char>('a' + i % 26));
    BOOST_TEST_REQUIRE(read_file(path) == source.text());
  }
  BOOST_TEST(file.whole_writes() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_reader_keeps_its_snapshot_and_costs_one_whole_write, Fixture) {
  publish(0, 'b');
  const OpenedSnapshot for_ever(path);
  for (int i = 0; i < 50; ++i) {
    publish(static_cast<BlockIndex>(i % 8), static_cast<char>('c' + i % 20));
    BOOST_TEST_REQUIRE(for_ever.unchanged());
    BOOST_TEST_REQUIRE(read_file(path) == source.text());
  }
  BOOST_TEST(file.whole_writes() == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_reader_that_only_maps_keeps_its_snapshot, Fixture) {
  const MappedSnapshot mapped(path);
  for (int i = 0; i < 10; ++i) {
    publish(3, static_cast<char>('c' + i));
    BOOST_TEST_REQUIRE(mapped.unchanged());
  }
}

BOOST_FIXTURE_TEST_CASE(readers_of_several_generations_each_keep_theirs, Fixture) {
  std::vector<std::unique_ptr<OpenedSnapshot>> readers;
  for (int i = 0; i < 20; ++i) {
    readers.push_back(std::make_unique<OpenedSnapshot>(path));
    publish(1, static_cast<char>('b' + i));
    for (const auto& reader : readers) BOOST_TEST_REQUIRE(reader->unchanged());
  }
}

BOOST_FIXTURE_TEST_CASE(a_new_layout_is_published_whole, Fixture) {
  source.size = 1024;
  publish(2, 'z');
  BOOST_TEST(read_file(path) == source.text());
  publish(3, 'y');  // the other generation is still of the old layout
  BOOST_TEST(read_file(path) == source.text());
  const auto writes = file.whole_writes();
  publish(4, 'x');
  BOOST_TEST(read_file(path) == source.text());
  BOOST_TEST(file.whole_writes() == writes);
}

BOOST_FIXTURE_TEST_CASE(a_published_name_that_was_removed_comes_back, Fixture) {
  fs::remove(path);
  publish(1, 'b');
  BOOST_TEST(read_file(path) == source.text());
  publish(2, 'c');
  BOOST_TEST(read_file(path) == source.text());
}

BOOST_FIXTURE_TEST_CASE(a_file_that_somebody_put_in_the_way_is_never_published, Fixture) {
  for (const fs::path& name : {path, study::manifest::spare_paths(path).front()}) {
    study::replace_file(name, "somebody else's");
    for (int i = 0; i < 4; ++i) {
      publish(1, static_cast<char>('b' + i));
      BOOST_TEST_REQUIRE(read_file(path) == source.text());
    }
  }
}

namespace {

/// Time passes only when the test says so.
class SlowClock final : public FileSystem {
 public:
  std::chrono::steady_clock::time_point now() override { return time; }
  std::chrono::steady_clock::time_point time{std::chrono::hours(1)};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_spare_that_was_moved_away_is_made_anew, Fixture) {
  SlowClock file_system;
  const fs::path name = dir / "other";
  const fs::path spare = study::manifest::spare_paths(name).front();
  SwapFile other(file_system, name, Durability::process);
  other.create(source);
  const auto publish_other = [&](BlockIndex block, char letter) {
    source.letters[block] = letter;
    other.publish(source, std::span(&block, 1));
  };
  publish_other(1, 'b');
  const auto writes = other.whole_writes();

  fs::rename(spare, dir / "moved");
  publish_other(2, 'c');
  BOOST_TEST(read_file(name) == source.text());
  BOOST_TEST(other.whole_writes() == writes + 1);

  // With another file in its place the name must be looked up, which is done every 50 ms.
  fs::rename(spare, dir / "moved");
  study::replace_file(spare, "somebody else's");
  file_system.time += std::chrono::milliseconds(50);
  publish_other(3, 'd');
  BOOST_TEST(read_file(name) == source.text());
  publish_other(4, 'e');
  BOOST_TEST(read_file(name) == source.text());
}

BOOST_FIXTURE_TEST_CASE(a_copy_by_hard_links_does_not_change, Fixture) {
  publish(0, 'b');
  for (const fs::path& name : {path, study::manifest::spare_paths(path).front()}) {
    const fs::path copy = dir / "copy";
    fs::create_hard_link(name, copy);
    const std::string before = read_file(copy);
    for (int i = 0; i < 4; ++i) {
      publish(1, static_cast<char>('b' + i));
      BOOST_TEST_REQUIRE(read_file(copy) == before);
      BOOST_TEST_REQUIRE(read_file(path) == source.text());
    }
    fs::remove(copy);
  }
}

BOOST_FIXTURE_TEST_CASE(an_outage_of_many_blocks_is_caught_up_with, Fixture) {
  Letters many(500);
  SwapFile large(FileSystem::system(), dir / "large", Durability::process);
  large.create(many);
  std::vector<BlockIndex> changed;
  for (BlockIndex i = 0; i < 500; i += 2) {
    many.letters[i] = 'q';
    changed.push_back(i);
  }
  large.publish(many, changed);
  BOOST_TEST(read_file(dir / "large") == many.text());
  const BlockIndex one = 1;
  large.publish(many, {&one, 1});
  BOOST_TEST(read_file(dir / "large") == many.text());
}

BOOST_FIXTURE_TEST_CASE(nothing_but_the_file_remains, Fixture) {
  publish(1, 'b');
  file.remove_spares();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir.path()))
    names.push_back(entry.path().filename());
  BOOST_TEST(names == std::vector<std::string>{"file"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(the_descriptors_are_closed_in_a_program_that_is_started, Fixture) {
  publish(1, 'b');
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", "ls -l /proc/self/fd | grep -q /file && exit 1; exit 0",
            nullptr);
    ::_exit(2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

BOOST_FIXTURE_TEST_CASE(children_that_are_forked_at_any_moment_do_no_harm, Fixture) {
  std::atomic<bool> stop = false;
  std::thread forker([&] {
    while (!stop) {
      const pid_t child = ::fork();
      if (child == 0) ::_exit(0);
      int status = 0;
      ::waitpid(child, &status, 0);
    }
  });
  for (int i = 0; i < 2000; ++i) {
    publish(static_cast<BlockIndex>(i % 8), static_cast<char>('a' + i % 26));
  }
  stop = true;
  forker.join();
  BOOST_TEST(read_file(path) == source.text());
  // A child shares our open file description, which is no other opener: no lease is refused for it.
  BOOST_TEST(file.whole_writes() == 2U);
}

namespace {
volatile sig_atomic_t sigio_count = 0;
}

BOOST_FIXTURE_TEST_CASE(a_lease_break_disturbs_no_host, Fixture) {
  // Somebody opens the spare by its hidden name at every moment; the default signal of a broken
  // lease, SIGIO, would end the process, and a handler that the host has for it must not be called.
  struct sigaction counting {};
  counting.sa_handler = [](int) { sigio_count = sigio_count + 1; };
  ::sigaction(SIGIO, &counting, nullptr);
  std::atomic<bool> stop = false;
  std::thread opener([&] {
    const std::string spare = study::manifest::spare_paths(path).front().string();
    while (!stop) {
      const int fd = ::open(spare.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd >= 0) ::close(fd);
    }
  });
  for (int i = 0; i < 400; ++i) {
    publish(static_cast<BlockIndex>(i % 8), static_cast<char>('a' + i % 26));
    BOOST_TEST_REQUIRE(read_file(path) == source.text());
  }
  stop = true;
  opener.join();
  BOOST_TEST(sigio_count == 0);
}

namespace {

/// Notes whether a lease is held while names change.
class LeaseWatch final : public FileSystem {
 public:
  int set_lease(int fd, int type) override {
    held_ = type == F_WRLCK;
    ++leases;
    return FileSystem::set_lease(fd, type);
  }
  int exchange(int directory, const char* one, const char* other) override {
    held_during_exchange = held_during_exchange || held_;
    return FileSystem::exchange(directory, one, other);
  }
  bool held_during_exchange = false;
  int leases = 0;

 private:
  bool held_ = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_published_file_is_never_under_a_lease) {
  // Else whoever opens it would wait for us, for up to fs.lease-break-time seconds if we are
  // stopped just then.
  study_test::TempDir dir;
  LeaseWatch watch;
  Letters source(8);
  SwapFile file(watch, dir / "file", Durability::process);
  file.create(source);
  for (BlockIndex i = 0; i < 8; ++i) {
    source.letters[i] = 'z';
    file.publish(source, {&i, 1});
  }
  BOOST_TEST(watch.leases == 16);
  BOOST_TEST(!watch.held_during_exchange);
}
