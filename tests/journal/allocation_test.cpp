#include "kept_journal.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#include <boost/test/unit_test.hpp>

using enum study::ExperimentState;
using study_test::KeptJournal;
using study_test::TempDir;

namespace {
std::atomic<long> allocations = 0;
}  // namespace

// All memory of this program comes through here.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

BOOST_AUTO_TEST_CASE(a_commit_allocates_nothing_once_there_has_been_one_of_its_length) {
  const TempDir dir(study_test::memory_directory());
  KeptJournal kept(dir.path());
  kept.start();
  const auto commit_one = [&](int i) {
    auto event = kept.event(0, i % 2 == 0 ? running : failed, i);
    event.error_message = std::string(500, 'x');
    kept.apply(event);
    const long before = allocations;
    kept.commit();
    return allocations - before;
  };
  commit_one(0);
  BOOST_TEST(commit_one(1) > 0);  // the longer line: they are counted
  for (int i = 2; i < 50; ++i) BOOST_TEST(commit_one(i) == 0);
}
