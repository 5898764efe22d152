#include "base/writer_record.hpp"
#include "support/child.hpp"
#include "support/run_program.hpp"
#include "support/temp_dir.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>
#include <study/study_lock.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using study::read_writer;
using study::StudyLock;
using study::WriterState;
using study_test::says;
using study_test::TempDir;

const std::string kLock(study::kLockFileName);

/// A process of its own that runs `body` and, once that has returned, waits to be killed.
class Child {
 public:
  template <class Body>
  explicit Child(Body body) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto kept = body([&](pid_t said) {
        if (::write(ends[1], &said, sizeof said) != sizeof said) ::_exit(1);
      });
      for (;;) ::pause();
    }
    ::close(ends[1]);
    if (::read(ends[0], &said_, sizeof said_) != sizeof said_) throw std::runtime_error("child");
    ::close(ends[0]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { kill(); }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] pid_t said() const { return said_; }

 private:
  pid_t pid_ = -1;
  pid_t said_ = -1;
};

/// A writer in another process.
class Holder : public Child {
 public:
  explicit Holder(const TempDir& dir)
      : Child([&](const auto& say) {
          auto lock = std::make_unique<StudyLock>(StudyLock::acquire(dir.path()));
          say(::getpid());
          return lock;
        }) {}
};

void check_refused(const TempDir& dir, const std::vector<std::string>& parts) {
  BOOST_CHECK_EXCEPTION(static_cast<void>(StudyLock::acquire(dir.path())), study::StudyError,
                        [&](const study::StudyError& error) {
                          for (const std::string& part : parts) {
                            BOOST_TEST(says(part)(error), part << " is missing: " << error.what());
                          }
                          return true;
                        });
}

std::string content(const TempDir& dir) {
  return study::read_file(dir / kLock);
}

BOOST_AUTO_TEST_SUITE(study_lock)

BOOST_AUTO_TEST_CASE(a_second_writer_is_refused_and_told_who_writes_since_when_and_what_to_do) {
  const TempDir dir;
  const Holder holder(dir);
  const auto writer = read_writer(dir.path()).writer;
  BOOST_REQUIRE(writer.has_value());
  check_refused(dir, {"pid " + std::to_string(holder.pid()) + " on " + study::host_name(),
                      "since " + study::format_timestamp(writer->started_at),
                      "study-host status " + dir.path().string()});
}

BOOST_AUTO_TEST_CASE(a_second_writer_in_the_same_process_is_refused_too) {
  const TempDir dir;
  const StudyLock lock = StudyLock::acquire(dir.path());
  check_refused(dir, {"pid " + std::to_string(::getpid())});
}

BOOST_AUTO_TEST_CASE(a_writer_on_another_machine_is_to_be_stopped_there) {
  const TempDir dir;
  const StudyLock lock = StudyLock::acquire(dir.path());
  study::Writer other = study::this_writer();
  other.host = "far-away";
  std::ofstream(dir / kLock) << study::render_writer(other);
  check_refused(dir, {"on far-away since", "stop it first on its machine"});
}

BOOST_AUTO_TEST_CASE(the_lock_of_a_killed_writer_is_free_at_once) {
  const TempDir dir;
  for (int i = 0; i < 20; ++i) {
    Holder holder(dir);
    BOOST_TEST((read_writer(dir.path()).state == WriterState::alive));
    holder.kill();
    BOOST_TEST((read_writer(dir.path()).state == WriterState::gone));
    static_cast<void>(StudyLock::acquire(dir.path()));
  }
}

BOOST_AUTO_TEST_CASE(a_program_that_the_writer_started_does_not_keep_the_lock) {
  const TempDir dir;
  Child holder([&](const auto& say) {
    auto lock = std::make_unique<StudyLock>(StudyLock::acquire(dir.path()));
    char name[] = "sleep";
    char argument[] = "1000";
    char* arguments[] = {name, argument, nullptr};
    pid_t started = -1;
    if (::posix_spawnp(&started, name, nullptr, nullptr, arguments, environ) != 0) ::_exit(1);
    say(started);
    return lock;
  });
  holder.kill();
  BOOST_TEST(::kill(holder.said(), 0) == 0);  // the program lives
  BOOST_CHECK_NO_THROW(static_cast<void>(StudyLock::acquire(dir.path())));
  ::kill(holder.said(), SIGKILL);
}

BOOST_AUTO_TEST_CASE(whatever_the_lock_file_contains_is_replaced_by_one_line) {
  const TempDir dir;
  for (const std::string& old : {std::string(), std::string("garbage"), std::string("\0\n{}", 4),
                                 std::string(10'000, 'x')}) {
    std::ofstream(dir / kLock, std::ios::binary) << old;
    const StudyLock lock = StudyLock::acquire(dir.path());
    const std::string text = content(dir);
    BOOST_TEST(text.find('\n') == text.size() - 1);
    const auto record = study_test::json_object(text);
    BOOST_TEST(record.size() == 4U);
    BOOST_TEST(record.at("pid").as_int64() == ::getpid());
    BOOST_TEST(record.at("host").as_string() == study::host_name());
    std::string boot_id = study::read_file("/proc/sys/kernel/random/boot_id");
    boot_id.pop_back();
    BOOST_TEST(record.at("boot_id").as_string() == boot_id);
    BOOST_TEST(study::parse_timestamp(record.at("started_at").as_string()).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_writer_whose_record_is_damaged_still_keeps_others_out) {
  const TempDir dir;
  const StudyLock lock = StudyLock::acquire(dir.path());
  for (const std::string text :
       {"", "garbage\n", "[]\n", "{\"pid\": 1}\n",
        R"({"pid":"1","host":"h","boot_id":"b","started_at":"2026-02-27T16:30:00Z"})"
        "\n",
        R"({"pid":1,"host":"h","boot_id":"b","started_at":"yesterday"})"
        "\n",
        R"({"pid":1,"host":"h","boot_id":"b","started_at":"2026-02-27T16:30:00Z"})"}) {
    std::ofstream(dir / kLock) << text;
    const auto status = read_writer(dir.path());
    BOOST_TEST((status.state == WriterState::alive));
    BOOST_TEST(!status.writer.has_value(), text);
  }
  check_refused(dir, {"another process, whose name can't be read"});
}

BOOST_AUTO_TEST_CASE(asking_tells_the_four_states_and_changes_nothing) {
  const TempDir dir;
  BOOST_TEST((read_writer(dir.path()).state == WriterState::none));
  BOOST_TEST((read_writer(dir / "nowhere").state == WriterState::none));
  BOOST_TEST(std::filesystem::is_empty(dir.path()));
  {
    const StudyLock lock = StudyLock::acquire(dir.path());
    const auto status = read_writer(dir.path());
    BOOST_TEST((status.state == WriterState::alive));
    BOOST_REQUIRE(status.writer.has_value());
    BOOST_TEST(status.writer->pid == ::getpid());
  }
  const std::string before = content(dir);
  const auto status = read_writer(dir.path());
  BOOST_TEST((status.state == WriterState::gone));
  BOOST_REQUIRE(status.writer.has_value());
  BOOST_TEST(status.writer->pid == ::getpid());
  BOOST_TEST(content(dir) == before);
}

BOOST_AUTO_TEST_CASE(a_lock_file_that_cannot_be_asked_tells_nothing) {
  const TempDir dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  static_cast<void>(StudyLock::acquire(dir.path()));
  std::filesystem::permissions(dir / kLock, std::filesystem::perms(0));
  BOOST_TEST(study_test::run_unprivileged([&] {
               return read_writer(dir.path()).state == WriterState::unknown ? 0 : 1;
             }) == 0);
  std::filesystem::remove(dir / kLock);
  std::filesystem::create_directory(dir / kLock);
  BOOST_TEST((read_writer(dir.path()).state == WriterState::unknown));
  const std::string refusal =
      "the lock file " + (dir / kLock).string() + " is not a file: move it away";
  check_refused(dir, {refusal});
  std::filesystem::remove(dir / kLock);
  BOOST_REQUIRE(::mkfifo((dir / kLock).c_str(), 0600) == 0);
  BOOST_TEST((read_writer(dir.path()).state == WriterState::unknown));
  check_refused(dir, {refusal});
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_written_to_is_refused_with_the_reason) {
  const TempDir dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0555));
  BOOST_TEST(study_test::run_unprivileged([&] {
               try {
                 static_cast<void>(StudyLock::acquire(dir.path()));
               } catch (const study::StudyError& error) {
                 return says("Permission denied; give yourself write permission")(error) ? 0 : 1;
               }
               return 2;
             }) == 0);
}

BOOST_AUTO_TEST_CASE(a_flood_of_questions_does_not_keep_a_writer_out) {
  const TempDir dir;
  static_cast<void>(StudyLock::acquire(dir.path()));
  std::atomic<bool> enough = false;
  std::vector<std::jthread> askers;
  for (int i = 0; i < 4; ++i) {
    askers.emplace_back([&] {
      while (!enough) static_cast<void>(read_writer(dir.path()));
    });
  }
  for (int i = 0; i < 200; ++i) {
    BOOST_CHECK_NO_THROW(static_cast<void>(StudyLock::acquire(dir.path())));
  }
  enough = true;
}

BOOST_AUTO_TEST_CASE(one_who_asks_is_never_taken_for_a_writer_however_slow_it_is) {
  const TempDir dir;
  static_cast<void>(StudyLock::acquire(dir.path()));
  const int asker = ::open((dir / kLock).c_str(), O_RDONLY | O_CLOEXEC);
  BOOST_REQUIRE(::flock(asker, LOCK_SH) == 0);
  const auto asked = std::chrono::steady_clock::now();
  std::jthread slow([&] {  // as if stopped in the middle of read_writer
    std::this_thread::sleep_until(asked + std::chrono::milliseconds(500));
    ::close(asker);
  });
  BOOST_CHECK_NO_THROW(static_cast<void>(StudyLock::acquire(dir.path())));
  BOOST_TEST((std::chrono::steady_clock::now() - asked >= std::chrono::milliseconds(500)));
}

bool lock_is_open_twice(const TempDir& dir) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    if (std::filesystem::read_symlink(entry.path(), ignored) == dir / kLock) ++count;
  }
  return count == 2;
}

BOOST_AUTO_TEST_CASE(a_lock_on_a_file_that_was_removed_meanwhile_does_not_count) {
  const TempDir dir;
  // One who locks the file alone, as where directories have no locks.
  study::UniqueFd first(::open((dir / kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  BOOST_REQUIRE(::flock(first.get(), LOCK_EX) == 0);
  std::unique_ptr<StudyLock> second;
  std::jthread waiting(
      [&] { second = std::make_unique<StudyLock>(StudyLock::acquire(dir.path())); });
  study_test::wait_until("the second has it open", [&] { return lock_is_open_twice(dir); });
  std::filesystem::remove(dir / kLock);
  first.reset();
  waiting.join();
  BOOST_TEST((read_writer(dir.path()).state == WriterState::alive));
  const study::UniqueFd named(::open((dir / kLock).c_str(), O_RDWR | O_CLOEXEC));
  BOOST_TEST(::flock(named.get(), LOCK_EX | LOCK_NB) == -1);
}

BOOST_AUTO_TEST_CASE(the_lock_moves_with_its_owner) {
  const TempDir dir;
  const TempDir other;
  auto first = std::make_unique<StudyLock>(StudyLock::acquire(dir.path()));
  StudyLock second = std::move(*first);
  first.reset();
  BOOST_TEST((read_writer(dir.path()).state == WriterState::alive));
  StudyLock elsewhere = StudyLock::acquire(other.path());
  second = std::move(elsewhere);
  BOOST_TEST((read_writer(dir.path()).state == WriterState::gone));
  BOOST_TEST((read_writer(other.path()).state == WriterState::alive));
  { const StudyLock third = std::move(second); }
  BOOST_TEST((read_writer(other.path()).state == WriterState::gone));
}

BOOST_AUTO_TEST_CASE(a_lock_on_a_disk_of_this_machine_has_no_weakness) {
  const TempDir dir(study_test::memory_directory());
  BOOST_TEST(StudyLock::acquire(dir.path()).weakness() == "");
}

BOOST_AUTO_TEST_CASE(states_have_the_names_that_programs_rely_on) {
  BOOST_TEST(to_string(WriterState::alive) == "alive");
  BOOST_TEST(to_string(WriterState::gone) == "gone");
  BOOST_TEST(to_string(WriterState::none) == "none");
  BOOST_TEST(to_string(WriterState::unknown) == "unknown");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
