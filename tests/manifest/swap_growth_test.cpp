#define BOOST_TEST_MODULE swap_growth
#include "swapped_letters.hpp"

#include <study/atomic_file.hpp>

#include <random>

#include <boost/test/unit_test.hpp>

using study::Durability;
using study::read_file;
using study::manifest::BlockIndex;
using study::manifest::FileSystem;
using study::manifest::SwapFile;
using study_test::Letters;

namespace {

/// Counts what is written.
class CountingFileSystem final : public FileSystem {
 public:
  ssize_t pwrite(int fd, const void* data, std::size_t size_bytes, off_t offset) override {
    written += size_bytes;
    return FileSystem::pwrite(fd, data, size_bytes, offset);
  }
  std::size_t written = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_added_costs_the_same_however_much_is_there) {
  const study_test::TempDir dir;
  CountingFileSystem files;
  Letters source(8);
  SwapFile file(files, dir / "file", Durability::process);
  file.create(source);
  for (BlockIndex i = 8; i < 2000; ++i) {
    // As a document grows: the last block, the closing brackets, is pushed on by new ones.
    source.letters += static_cast<char>('a' + i % 26);
    files.written = 0;
    file.publish(source, {}, i - 1);
    BOOST_TEST_REQUIRE(files.written <= 4 * source.size);
    if (i % 100 == 0) BOOST_TEST_REQUIRE(read_file(dir / "file") == source.text());
  }
  BOOST_TEST(read_file(dir / "file") == source.text());
  BOOST_TEST(file.whole_writes() == 2U);
}

BOOST_FIXTURE_TEST_CASE(additions_and_changes_of_any_size_are_published_whole,
                        study_test::SwappedLetters) {
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    const auto changed = static_cast<BlockIndex>(random() % source.letters.size());
    source.letters[changed] = static_cast<char>('a' + random() % 26);
    if (random() % 2 == 0) {
      const BlockIndex from = source.block_count() - 1;
      source.letters += std::string(random() % 20, static_cast<char>('A' + random() % 26));
      file.publish(source, {&changed, 1}, from);
    } else {
      file.publish(source, {&changed, 1});
    }
    BOOST_TEST_REQUIRE(read_file(path) == source.text());
  }
  BOOST_TEST(file.whole_writes() == 2U);
}
