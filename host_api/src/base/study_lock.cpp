#include "base/format.hpp"
#include "base/writer_record.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/json.hpp>
#include <study/study_lock.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace study {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kWriterPatience{250};  ///< one that is about to end, or has just been killed
constexpr milliseconds kReaderPatience{5000};
constexpr milliseconds kRetryInterval{2};

std::string reason(int error_number) {
  return std::generic_category().message(error_number);
}

UniqueFd open_lock_file(const std::filesystem::path& path, int flags) {
  return open_regular_file(path.c_str(), flags);
}

/// 0, or why not.
int try_flock(int fd, int operation) {
  return retry_if_interrupted([&] { return ::flock(fd, operation | LOCK_NB); }) == 0 ? 0 : errno;
}

/// EBADF: NFS locks only what is open for writing, which a directory never is.
bool locks_are_missing(int error_number) {
  return error_number == EBADF || error_number == EINVAL || error_number == ENOSYS ||
         error_number == EOPNOTSUPP || error_number == ENOLCK;
}

std::string_view network_of(int fd) {
  struct statfs info {};
  if (::fstatfs(fd, &info) != 0) return {};
  return network_file_system_name(static_cast<unsigned long>(info.f_type));
}

std::optional<Writer> read_record(int fd) {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::pread(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) return std::nullopt;
  return parse_writer({buffer.data(), static_cast<std::size_t>(size)});
}

std::optional<Writer> read_record(const std::filesystem::path& path) {
  const UniqueFd fd = open_lock_file(path, O_RDONLY);
  return fd ? read_record(fd.get()) : std::nullopt;
}

/// Over the old record and then cut to its length: a reader sees the old or the new first line.
void write_record(int fd, const std::filesystem::path& path) {
  const std::string record = render_writer(this_writer());
  const ssize_t written = ::pwrite(fd, record.data(), record.size(), 0);
  const auto size = static_cast<off_t>(record.size());
  if (written != size || ::ftruncate(fd, size) != 0) {
    const int error = written < 0 || written == size ? errno : ENOSPC;
    throw StudyError(study::format("cannot write {}: {}", path.string(), reason(error)));
  }
}

[[noreturn]] void refuse(const std::filesystem::path& study_dir,
                         const std::optional<Writer>& writer) {
  std::string who = "another process, whose name can't be read";
  if (writer) {
    who = study::format("pid {} on {} since {}", writer->pid, writer->host,
                        format_timestamp(writer->started_at));
  }
  throw StudyError(study::format(
      "{0}: another host writes here: {1}; watch it with "
      "`study-host status {0}`, or stop it first{2}",
      study_dir.string(), who, writer && writer->host != host_name() ? " on its machine" : ""));
}

enum class Attempt { taken, held_by_writer, held_by_readers, unsupported };

/// Whoever asks about the writer holds a shared lock meanwhile. A shared lock that is granted to us
/// proves that no writer is there. Converting one lock into the other gives the old one up first
/// (flock(2)), so two of us never block each other for long.
Attempt try_to_lock(int fd) {
  const int error = try_flock(fd, LOCK_EX);
  if (error == 0) return Attempt::taken;
  if (locks_are_missing(error)) return Attempt::unsupported;
  if (try_flock(fd, LOCK_SH) != 0) return Attempt::held_by_writer;
  ::flock(fd, LOCK_UN);
  return Attempt::held_by_readers;
}

/// Whether the lock was to be had; false where the file system has none. Throws when it is another
/// process's, of which `lock_file` tells.
bool wait_for_lock(int fd, const std::filesystem::path& study_dir,
                   const std::filesystem::path& lock_file) {
  const auto start = steady_clock::now();
  auto writer_free = start;  // when it was last known that no writer is there
  for (;;) {
    const Attempt attempt = try_to_lock(fd);
    if (attempt == Attempt::taken) return true;
    if (attempt == Attempt::unsupported) return false;
    const auto now = steady_clock::now();
    if (attempt == Attempt::held_by_readers) writer_free = now;
    if (now - writer_free > kWriterPatience) refuse(study_dir, read_record(lock_file));
    if (now - start > kReaderPatience) {
      throw StudyError(
          study::format("{}: its lock is asked for without a pause; stop the programs "
                        "that look at {} there",
                        study_dir.string(), kLockFileName));
    }
    std::this_thread::sleep_for(kRetryInterval);
  }
}

std::string local_lock_option_of(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return {};
  try {
    const std::string mounts = read_file("/proc/self/mountinfo");
    return std::string(local_lock_option(mounts, major(info.st_dev), minor(info.st_dev)));
  } catch (const FileError&) {
    return {};  // a sandbox without /proc
  }
}

std::string weakness_of(int fd, bool locked, const std::filesystem::path& study_dir) {
  if (!locked) {
    return study_dir.string() +
           ": its file system has no locks: make sure that no other study-host writes there";
  }
  const std::string_view network = network_of(fd);
  if (network.empty()) return {};
  if (const std::string option = local_lock_option_of(fd); !option.empty()) {
    return study::format(
        "{} is on a network file system ({}) whose locks are this machine's alone (mount option "
        "{}): a study-host on another machine would run everything there once more. Make sure that "
        "none does, mount it without, or observe with postgres_writer, whose lock is the "
        "database's",
        study_dir.string(), network, option);
  }
  return study::format(
      "{} is on a network file system ({}), where the lock may not keep out a "
      "study-host on another machine: make sure that none writes there",
      study_dir.string(), network);
}

/// 0 if the name still leads to the open file, ENOENT if it doesn't since somebody has removed the
/// file in between, else why that can't be told.
int find_again(int fd, const std::filesystem::path& path) {
  FileIdentity opened;
  FileIdentity named;
  int error = identify_file(fd, "", AT_EMPTY_PATH, opened);
  if (error == 0) error = identify_file(AT_FDCWD, path.c_str(), 0, named);
  if (error != 0) return error;
  return opened == named ? 0 : ENOENT;
}

WriterStatus status_of(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return {};
  const int error = try_flock(fd, LOCK_SH);
  if (error == 0) {
    ::flock(fd, LOCK_UN);
    const auto recorded = read_record(fd);
    return {unlocked_state(!network_of(fd).empty(), recorded, host_name()), recorded};
  }
  if (error == EWOULDBLOCK) return {WriterState::alive, read_record(fd)};
  return {};
}

std::string boot_id() {
  try {
    std::string text = read_file("/proc/sys/kernel/random/boot_id");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  } catch (const FileError&) {
    return {};  // a sandbox without /proc
  }
}

}  // namespace

StudyLock StudyLock::acquire(const std::filesystem::path& study_dir) {
  constexpr int kTries = 100;
  const std::filesystem::path path = study_dir / kLockFileName;
  StudyLock lock;
  UniqueFd directory = open_file(study_dir.c_str(), O_RDONLY | O_DIRECTORY);
  if (directory && wait_for_lock(directory.get(), study_dir, path)) {
    lock.directory_ = UnsharedFd(std::move(directory));
  }
  int error = 0;
  for (int i = 0; i < kTries; ++i) {
    UniqueFd file = open_lock_file(path, O_RDWR | O_CREAT);
    if (!file && errno == ELOOP) {
      throw StudyError("the lock file " + path.string() + " is not a file: move it away");
    }
    if (!file) {
      throw StudyError("cannot open the lock file " + path.string() + ": " + reason(errno) +
                       "; give yourself write permission there, or move what is in its way");
    }
    const bool locked = wait_for_lock(file.get(), study_dir, path);
    error = find_again(file.get(), path);
    if (error != 0) continue;
    write_record(file.get(), path);
    lock.weakness_ = weakness_of(file.get(), locked, study_dir);
    lock.file_ = UnsharedFd(std::move(file));
    return lock;
  }
  if (error != ENOENT) {
    throw StudyError("cannot look at the lock file " + path.string() + ": " + reason(error));
  }
  throw StudyError("the lock file " + path.string() +
                   " is removed again and again while it is taken: stop whoever does that");
}

WriterStatus read_writer(const std::filesystem::path& study_dir) {
  const UniqueFd file = open_lock_file(study_dir / kLockFileName, O_RDONLY);
  const int error_number = errno;
  // Somebody may have removed the file from under its writer.
  const UniqueFd directory = open_file(study_dir.c_str(), O_RDONLY | O_DIRECTORY);
  if (directory && try_flock(directory.get(), LOCK_SH) == EWOULDBLOCK) {
    return {WriterState::alive, file ? read_record(file.get()) : std::nullopt};
  }
  if (file) return status_of(file.get());
  return {error_number == ENOENT ? WriterState::none : WriterState::unknown, std::nullopt};
}

std::string_view to_string(WriterState state) {
  constexpr std::array<std::string_view, 4> kNames = {"alive", "gone", "none", "unknown"};
  return kNames.at(static_cast<std::size_t>(state));
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return to_valid_utf8(name.data());
}

Writer this_writer() {
  return {.pid = ::getpid(), .host = host_name(), .boot_id = boot_id(), .started_at = now()};
}

std::string render_writer(const Writer& writer) {
  std::string text;
  append_json(text, boost::json::object{{"pid", writer.pid},
                                        {"host", writer.host},
                                        {"boot_id", writer.boot_id},
                                        {"started_at", format_timestamp(writer.started_at)}});
  return text + "\n";
}

std::optional<Writer> parse_writer(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;  // being written, or cut off
  try {
    const boost::json::value document = parse_json(text.substr(0, end), kLockFileName);
    const boost::json::object& fields = document.as_object();
    const auto started_at = parse_timestamp(fields.at("started_at").as_string());
    if (!started_at) return std::nullopt;
    return Writer{.pid = fields.at("pid").as_int64(),
                  .host = std::string(fields.at("host").as_string()),
                  .boot_id = std::string(fields.at("boot_id").as_string()),
                  .started_at = *started_at};
  } catch (const std::exception&) {  // InputError, or what Boost.JSON throws for another type
    return std::nullopt;
  }
}

WriterState unlocked_state(bool on_network, const std::optional<Writer>& recorded,
                           std::string_view this_host) {
  if (!on_network) return WriterState::gone;
  return recorded && recorded->host == this_host ? WriterState::gone : WriterState::unknown;
}

std::string_view local_lock_option(std::string_view mountinfo, unsigned major, unsigned minor) {
  constexpr auto kLocal = std::to_array<std::string_view>(
      {"local_lock=all", "local_lock=flock", "nolock", "localflock", "nobrl"});
  const std::string device = study::format(" {}:{} ", major, minor);
  while (!mountinfo.empty()) {
    const std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    if (line.find(device) == line.npos) continue;
    std::string_view options = line.substr(line.rfind(' ') + 1);  // of the file system
    while (!options.empty()) {
      const std::string_view option = options.substr(0, options.find(','));
      options.remove_prefix(std::min(option.size() + 1, options.size()));
      if (std::ranges::find(kLocal, option) != kLocal.end()) return option;
    }
  }
  return {};
}

// The numbers: statfs(2) and linux/magic.h; Lustre's is LL_SUPER_MAGIC.
std::string_view network_file_system_name(unsigned long type) {
  constexpr auto kNames = std::to_array<std::pair<unsigned long, std::string_view>>(
      {{0x6969, "NFS"},
       {0x517B, "SMB"},
       {0xFF534D42, "SMB"},
       {0xFE534D42, "SMB"},
       {0x01021997, "9p"},
       {0x65735546, "FUSE"},
       {0x0BD00BD0, "Lustre"},
       {0x19830326, "BeeGFS"},
       {0x47504653, "GPFS"},
       {0x5346414F, "AFS"},
       {0x6B414653, "AFS"},
       {0x73757245, "Coda"},
       {0x786F4256, "VirtualBox shared folders"}});
  type &= 0xFFFFFFFFUL;  // a signed 32-bit f_type arrives with its sign extended
  for (const auto& [known, name] : kNames) {
    if (known == type) return name;
  }
  return {};
}

}  // namespace study
