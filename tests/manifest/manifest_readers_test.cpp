#define BOOST_TEST_MODULE manifest_readers
#include "manifest/manifest_sink.hpp"
#include "support/history.hpp"
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <functional>
#include <iostream>
#include <thread>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;
using manifest::EngineChoice;
using study_test::at;
using study_test::History;

namespace study::manifest {
std::ostream& boost_test_print_type(std::ostream& out, EngineChoice choice) {
  return out << (choice == EngineChoice::swap ? "swap" : "replace");
}
}  // namespace study::manifest

namespace {

constexpr int kEntries = 40;

/// Exits the reader process with a message unless `manifest` is a state at or after the last one
/// that was seen.
class Checker {
 public:
  void check(const std::string& text) {
    const StudyManifest found = study_test::parse_valid_manifest(text, "snapshot");
    for (int ahead = 0; !(history_.table().manifest() == found); ++ahead) {
      if (history_.position() > 1'000'000) {
        std::cerr << "a snapshot is no state of the study, or an older one than was seen before\n";
        ::_exit(1);
      }
      history_.advance();
    }
  }

 private:
  History history_{kEntries};
};

std::string read_slowly(int fd, std::size_t piece) {
  std::string text;
  std::string buffer(piece, '\0');
  for (ssize_t n; (n = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer, 0, static_cast<std::size_t>(n));
    ::sched_yield();
  }
  return text;
}

int open_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) ::_exit(2);
  return fd;
}

void read_in_pieces(const fs::path& path, Checker& checker) {
  const int fd = open_file(path);
  const std::string text = read_slowly(fd, 333);
  ::lseek(fd, 0, SEEK_SET);
  if (read_slowly(fd, 4096) != text) ::_exit(3);  // it changed under its reader
  ::close(fd);
  checker.check(text);
}

void map_and_compare(const fs::path& path, Checker& checker) {
  const int fd = open_file(path);
  struct stat info {};
  ::fstat(fd, &info);
  const auto size = static_cast<std::size_t>(info.st_size);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  const std::string_view view(static_cast<const char*>(mapped), size);
  const std::string first(view);
  for (int i = 0; i < 20; ++i) {
    ::sched_yield();
    if (view != first) ::_exit(3);
  }
  ::munmap(mapped, size);
  checker.check(first);
}

using Reading = std::function<void(const fs::path&, Checker&)>;

/// A process that reads again and again, with a pause, until `path` is gone; its exit code is its
/// verdict.
pid_t start_reader(const fs::path& path, std::chrono::microseconds pause, const Reading& reading) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  try {
    Checker checker;
    const fs::path stop = path.parent_path() / "stop";
    int reads = 0;
    while (!fs::exists(stop)) {
      reading(path, checker);
      ++reads;
      std::this_thread::sleep_for(pause);
    }
    ::_exit(reads > 0 ? 0 : 4);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    ::_exit(5);
  }
}

/// A process that opens the file once and holds it to the end.
pid_t start_holder(const fs::path& path) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int fd = open_file(path);
  const std::string first = read_slowly(fd, 4096);
  while (!fs::exists(path.parent_path() / "stop"))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ::lseek(fd, 0, SEEK_SET);
  ::_exit(read_slowly(fd, 4096) == first ? 0 : 3);
}

}  // namespace

BOOST_DATA_TEST_CASE(every_snapshot_is_one_true_state_and_never_changes,
                     bdata::make({EngineChoice::swap, EngineChoice::replace}), engine) {
  const study_test::TempDir temporary(study_test::memory_directory());
  const fs::path dir = temporary.path();
  const fs::path path = dir / "manifest.json";
  const StudyConfig config = study_test::sample_study(kEntries);
  History history(kEntries);
  manifest::ManifestSink sink({.engine = engine}, [](LogSeverity, std::string_view) {});
  sink.open(history.table(), {config, dir, at(0), nullptr});

  using std::chrono::microseconds;
  const std::vector<pid_t> readers = {
      start_reader(path, microseconds(0), read_in_pieces),
      start_reader(path, microseconds(700), read_in_pieces),
      start_reader(path, microseconds(300), map_and_compare),
      start_holder(path),
  };
  const int transitions = engine == EngineChoice::swap ? 100'000 : 5'000;
  for (int i = 0; i < transitions; ++i) {
    const auto transition = history.advance().second;
    sink.commit(history.table(), transition);
  }
  replace_file(dir / "stop", "");
  for (const pid_t reader : readers) {
    int status = 0;
    ::waitpid(reader, &status, 0);
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0), "reader: status " << status);
  }
  BOOST_TEST((*study_test::read_valid_manifest(path) == history.table().manifest()));
}
