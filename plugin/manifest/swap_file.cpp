#include "manifest/swap_file.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>

namespace study::manifest {
namespace {

constexpr mode_t kMode = 0666;  // less the umask

// To look up a name costs as much as to write an entry. Nobody moves a hidden file away and puts
// another one in its place between two transitions that follow so closely.
constexpr std::chrono::milliseconds kNameCheckInterval{50};

}  // namespace

SwapFile::SwapFile(FileSystem& file_system, const std::filesystem::path& path,
                   Durability durability)
    : file_system_(file_system),
      directory_(path.parent_path()),
      name_(path.filename().string()),
      durability_(durability) {
  const auto names = spare_paths(path);
  for (std::size_t i = 0; i < kMaxSpares; ++i) spares_[i].name = names[i].filename().string();
}

SwapFile::~SwapFile() {
  close(published_);
  for (Spare& spare : spares_) close(spare.generation);
  if (directory_fd_ >= 0) file_system_.close(directory_fd_);
}

void SwapFile::create(const BlockSource& source) {
  now_ = file_system_.now();
  publish_spare(write_spare(source));
  // What was published before, and what a writer that was killed has left: no later than what is
  // published now.
  for (Spare& spare : spares_) {
    if (spare.generation.fd < 0) drop(spare);
  }
  try {
    // The second generation is written now, so that the first transition costs like any other.
    static_cast<void>(write_spare(source));
  } catch (const FileError&) {
    // What had to be published is. The first transition tries again and says what it runs into.
  }
}

void SwapFile::publish(const BlockSource& source, std::span<const BlockIndex> changed,
                       BlockIndex changed_from) {
  ++turn_;
  now_ = file_system_.now();
  // Then the disk may lack any page of any, and nobody would write it again.
  const bool disk_failed = sync_.take_error() != 0;
  const auto note = [&](Generation& generation) {
    if (generation.fd < 0) return;
    generation.missing.note(changed, changed_from);
    if (disk_failed) generation.layout = kStaleLayout;
  };
  note(published_);
  for (Spare& spare : spares_) note(spare.generation);
  if (swap_with_any(source)) {
    finish_publication();
  } else {
    publish_spare(write_spare(source));
  }
  remove_unneeded_spares();
}

void SwapFile::remove_spares() noexcept {
  close(published_);
  for (Spare& spare : spares_) drop(spare);
}

void SwapFile::drop(Spare& spare) noexcept {
  close(spare.generation);
  if (directory_fd_ >= 0) file_system_.unlink(directory_fd_, spare.name.c_str());
}

void SwapFile::remove_unneeded_spares() noexcept {
  Spare* oldest = longest_behind(0);
  if (oldest == nullptr || now_ - last_held_ < kKeepSpares) return;
  // The one that is behind least stays.
  while (Spare* next = longest_behind(oldest->generation.turn)) {
    drop(*std::exchange(oldest, next));
  }
}

SwapFile::Spare* SwapFile::longest_behind(std::uint64_t later_than) {
  Spare* result = nullptr;
  for (Spare& spare : spares_) {
    const Generation& generation = spare.generation;
    if (generation.fd < 0 || generation.turn <= later_than) continue;
    if (result == nullptr || generation.turn < result->generation.turn) result = &spare;
  }
  return result;
}

bool SwapFile::swap_with_any(const BlockSource& source) {
  // The one whose readers have had most time to leave comes first. So each has its turn, and none
  // falls far behind.
  std::uint64_t turn = 0;
  while (Spare* spare = longest_behind(turn)) {
    turn = spare->generation.turn;
    const Attempt attempt = try_swap(*spare, source);
    if (attempt == Attempt::published) return true;
    if (attempt == Attempt::failed) drop(*spare);
    if (attempt == Attempt::held) {
      last_held_ = now_;
      Generation& held = spare->generation;
      if (!held.held_since) held.held_since = now_;
      if (now_ - *held.held_since >= kKeepSpares) drop(*spare);  // its readers keep the file
    }
  }
  return false;
}

SwapFile::Attempt SwapFile::try_swap(Spare& spare, const BlockSource& source) {
  if (!is_usable(spare, source)) return Attempt::failed;
  const Attempt attempt = patch(spare.generation, source);
  if (attempt != Attempt::published) return attempt;
  if (file_system_.exchange(directory_fd_, name_.c_str(), spare.name.c_str()) != 0) {
    return Attempt::failed;
  }
  exchange_with(spare);
  return Attempt::published;
}

void SwapFile::exchange_with(Spare& spare) {
  std::swap(published_, spare.generation);
  spare.generation.turn = turn_;
  spare.generation.behind_since = now_;
  spare.generation.held_since.reset();
}

bool SwapFile::is_usable(Spare& spare, const BlockSource& source) {
  const Generation& generation = spare.generation;
  if (generation.layout != source.layout()) return false;
  // Whoever replaced or removed one of the two names, the name must still lead to our own file:
  // else the exchange would publish somebody else's. A file that was replaced has no name any more.
  // One with a second name is somebody's copy by hard links and must not change.
  std::uint32_t names = 0;
  if (file_system_.count_names(generation.fd, names) != 0 || names != 1) return false;
  if (now_ - spare.last_name_check < kNameCheckInterval) return true;
  spare.last_name_check = now_;
  FileIdentity found;
  return file_system_.identify(directory_fd_, spare.name.c_str(), found) == 0 &&
         found == generation.identity;
}

SwapFile::Attempt SwapFile::patch(Generation& generation, const BlockSource& source) {
  // Whoever opens the spare by its hidden name meanwhile breaks the lease, of which the kernel
  // tells us with SIGIO, and that ends a process that has no handler for it. SIGURG is ignored by
  // default. It has to be set each time: the kernel forgets it when a lease is given back
  // (lease_modify() in fs/locks.c).
  if (file_system_.set_lease_signal(generation.fd, SIGURG) != 0) return Attempt::failed;
  // Granted only if nobody else has the file open or mapped (fcntl(2), "Leases"), so nobody sees it
  // change.
  if (file_system_.set_lease(generation.fd, F_WRLCK) != 0) {
    return errno == EAGAIN ? Attempt::held : Attempt::failed;
  }
  const bool is_whole = is_worth_patching(generation, source) &&
                        write_missing(file_system_, generation, source, buffer_);
  // Given back before the exchange, not after it: so there is no moment at which somebody who opens
  // `path` has to wait for us, also if we are stopped or die while a child of fork(2) still holds
  // our descriptors.
  const bool is_released = file_system_.set_lease(generation.fd, F_UNLCK) == 0;
  if (!is_whole || !is_released) return Attempt::failed;
  if (needs_sync(generation) && file_system_.fdatasync(generation.fd) != 0) return Attempt::failed;
  return Attempt::published;
}

bool SwapFile::needs_sync(const Generation& generation) const {
  // Without this, a power loss after the exchange could leave the new name on a file with old
  // blocks, although publish() had returned; and with one that readers have held for long, lose all
  // that was published meanwhile, however long that is on the disk in another file.
  return durability_ == Durability::power ||
         (generation.turn + 1 < turn_ &&
          now_ - generation.behind_since > checkpoint::BackgroundSync::kDelay);
}

void SwapFile::open_directory() {
  // Anew each time that a file is written whole: the directory may have been removed and made
  // again.
  if (directory_fd_ >= 0) file_system_.close(std::exchange(directory_fd_, -1));
  directory_fd_ = file_system_.open(AT_FDCWD, directory_.c_str(), O_RDONLY | O_DIRECTORY, 0);
  if (directory_fd_ < 0) throw FileError("open " + directory_.string(), errno);
}

SwapFile::Spare& SwapFile::write_spare(const BlockSource& source) {
  open_directory();
  Spare& spare = take_spare();
  Generation& fresh = spare.generation;
  try {
    if (!write_blocks(file_system_, fresh.fd, source, 0, buffer_)) fail("write", spare.name);
    if (file_system_.identify(fresh.fd, "", fresh.identity) != 0) fail("identify", spare.name);
    fresh.layout = source.layout();
    fresh.turn = turn_;
    fresh.behind_since = now_;
    // Once per fresh file, whatever the durability: a power loss could leave it empty under its
    // published name.
    if (file_system_.fsync(fresh.fd) != 0) fail("sync", spare.name);
  } catch (...) {
    drop(spare);
    throw;
  }
  ++whole_writes_;
  note_files();
  return spare;
}

SwapFile::Spare& SwapFile::take_spare() {
  int first_error = 0;
  for (Spare& spare : spares_) {
    if (spare.generation.fd >= 0) continue;
    if (take_name(spare)) return spare;
    if (first_error == 0) first_error = errno;
  }
  // Every name is taken, or has something on it that can't be removed. What is held is left to its
  // readers: they keep the file, which loses only its name. But not if there is just no room, which
  // that wouldn't make.
  Spare* oldest = longest_behind(0);
  if (oldest != nullptr && first_error != ENOSPC && first_error != EDQUOT) {
    close(oldest->generation);
    if (take_name(*oldest)) return *oldest;
    first_error = errno;
  }
  errno = first_error;
  fail("create", spares_.front().name);
}

bool SwapFile::take_name(Spare& spare) {
  if (file_system_.unlink(directory_fd_, spare.name.c_str()) != 0 && errno != ENOENT) return false;
  const int fd =
      file_system_.open(directory_fd_, spare.name.c_str(), O_WRONLY | O_CREAT | O_EXCL, kMode);
  if (fd < 0) return false;
  spare.generation = Generation{.fd = fd};
  return true;
}

void SwapFile::publish_spare(Spare& spare) {
  // The exchange keeps the previous generation as the next spare. Where that isn't possible (no
  // file of that name, or no exchange on this system), the plain rename is as atomic.
  if (file_system_.exchange(directory_fd_, name_.c_str(), spare.name.c_str()) == 0) {
    exchange_with(spare);
  } else if (file_system_.rename(directory_fd_, spare.name.c_str(), name_.c_str()) == 0) {
    exchange_with(spare);
    close(spare.generation);
  } else {
    const int error_number = errno;
    drop(spare);
    errno = error_number;
    fail("rename " + spare.name + " to", name_);
  }
  finish_publication();
}

void SwapFile::finish_publication() {
  if (durability_ == Durability::power) {
    sync_directory();
    return;
  }
  // Without this the kernel keeps what was patched for 30 s before it writes it
  // (vm.dirty_expire_centisecs), and the exchange of the names for as long on xfs.
  sync_.note_change();
}

/// All generations, since the disk may have any under the published name until it has the last
/// exchange; then the directory, which has it.
void SwapFile::note_files() {
  if (durability_ == Durability::power) return;
  std::vector<int> files = {published_.fd};
  for (const Spare& spare : spares_) files.push_back(spare.generation.fd);
  files.push_back(directory_fd_);
  sync_.set_files(files);
}

void SwapFile::sync_directory() {
  // Without this, a power loss could bring back the name's previous file.
  if (file_system_.fsync(directory_fd_) != 0) fail("sync the directory of", name_);
}

void SwapFile::close(Generation& generation) noexcept {
  if (generation.fd < 0) return;
  file_system_.close(generation.fd);
  generation = Generation{};
  note_files();  // or the sync's duplicate would keep the room of a file that has no name any more
}

void SwapFile::fail(const std::string& operation, const std::string& name) const {
  throw FileError(operation + " " + (directory_ / name).string(), errno);
}

}  // namespace study::manifest
