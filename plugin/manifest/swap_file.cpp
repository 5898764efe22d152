#include "manifest/swap_file.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <signal.h>

namespace study::manifest {
namespace {

constexpr mode_t kMode = 0666;  // less the umask
// A page at a time: the page cache takes what comes in one write as one large folio, and each later
// patch of 512 bytes would walk all blocks of it (ext4_block_write_begin() in fs/ext4/inode.c).
constexpr std::size_t kWholeWriteBytes = 4096;

// To look up a name costs as much as to write an entry. Nobody moves a hidden file away and puts
// another one in its place between two transitions that follow so closely.
constexpr std::chrono::milliseconds kNameCheckInterval{50};

// A generation that lacks more blocks, after an outage, is written anew rather than patched: so
// what is missing stays a short list.
constexpr std::size_t kMaxMissingBlocks = 64;

constexpr std::uint64_t kStaleLayout = 0;  // of no source: the generation can't be patched

/// Writes all of `bytes`; false with errno set if it can't.
[[nodiscard]] bool write_all(FileSystem& file_system, int fd, std::string_view bytes,
                             off_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = file_system.pwrite(fd, bytes.data(), bytes.size(), offset);
    if (written <= 0) {
      if (written == 0) errno = ENOSPC;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += written;
  }
  return true;
}

}  // namespace

std::filesystem::path spare_path(const std::filesystem::path& path) {
  return path.parent_path() / ("." + path.filename().string() + ".spare");
}

SwapFile::SwapFile(FileSystem& file_system, const std::filesystem::path& path,
                   Durability durability)
    : file_system_(file_system),
      directory_(path.parent_path()),
      name_(path.filename().string()),
      spare_name_(spare_path(path).filename().string()),
      durability_(durability) {}

SwapFile::~SwapFile() {
  close(published_);
  close(spare_);
  if (directory_fd_ >= 0) file_system_.close(directory_fd_);
}

void SwapFile::create(const BlockSource& source) {
  write_spare(source);
  publish_spare();
  try {
    // The second generation is written now, so that the first transition costs like any other.
    write_spare(source);
  } catch (const FileError&) {
    // What had to be published is. The first transition tries again and says what it runs into.
  }
}

void SwapFile::publish(const BlockSource& source, std::span<const BlockIndex> changed,
                       BlockIndex changed_from) {
  note_missing(published_, changed, changed_from);
  note_missing(spare_, changed, changed_from);
  now_ = file_system_.now();
  if (sync_.take_error() != 0) {
    // The disk may lack any page of either, and nobody would write it again.
    published_.layout = kStaleLayout;
    spare_.layout = kStaleLayout;
  }
  if (try_swap(source)) {
    finish_publication();
    return;
  }
  write_spare(source);
  publish_spare();
}

void SwapFile::remove_spare() noexcept {
  close(published_);
  drop_spare();
}

void SwapFile::drop_spare() noexcept {
  close(spare_);
  if (directory_fd_ >= 0) file_system_.unlink(directory_fd_, spare_name_.c_str());
}

void SwapFile::note_missing(Generation& generation, std::span<const BlockIndex> changed,
                            BlockIndex changed_from) {
  generation.missing_from = std::min(generation.missing_from, changed_from);
  for (const BlockIndex block : changed) {
    auto& missing = generation.missing;
    if (std::find(missing.begin(), missing.end(), block) != missing.end()) continue;
    if (missing.size() == kMaxMissingBlocks) {
      generation.layout = kStaleLayout;
      return;
    }
    missing.push_back(block);
  }
}

bool SwapFile::try_swap(const BlockSource& source) {
  if (!spare_is_usable(source) || !patch_spare(source)) return false;
  if (file_system_.exchange(directory_fd_, name_.c_str(), spare_name_.c_str()) != 0) return false;
  std::swap(published_, spare_);
  return true;
}

bool SwapFile::spare_is_usable(const BlockSource& source) {
  if (spare_.fd < 0 || spare_.layout != source.layout()) return false;
  // Whoever replaced or removed one of the two names, the name must still lead to our own file:
  // else the exchange would publish somebody else's. A file that was replaced has no name any more.
  // One with a second name is somebody's copy by hard links and must not change.
  std::uint32_t names = 0;
  if (file_system_.count_names(spare_.fd, names) != 0 || names != 1) return false;
  if (now_ - last_name_check_ < kNameCheckInterval) return true;
  last_name_check_ = now_;
  FileIdentity found;
  return file_system_.identify(directory_fd_, spare_name_.c_str(), found) == 0 &&
         found == spare_.identity;
}

bool SwapFile::patch_spare(const BlockSource& source) {
  // Whoever opens the spare by its hidden name meanwhile breaks the lease, of which the kernel
  // tells us with SIGIO, and that ends a process that has no handler for it. SIGURG is ignored by
  // default. It has to be set each time: the kernel forgets it when a lease is given back
  // (lease_modify() in fs/locks.c).
  if (file_system_.set_lease_signal(spare_.fd, SIGURG) != 0) return false;
  // Granted only if nobody else has the file open or mapped (fcntl(2), "Leases"), so nobody sees it
  // change.
  if (file_system_.set_lease(spare_.fd, F_WRLCK) != 0) return false;
  const bool written = write_missing(source);
  // Given back before the exchange, not after it: so there is no moment at which somebody who opens
  // `path` has to wait for us, also if we are stopped or die while a child of fork(2) still holds
  // our descriptors.
  const bool released = file_system_.set_lease(spare_.fd, F_UNLCK) == 0;
  if (!written || !released) return false;
  // Without this, a power loss after the exchange could leave the new name on a file with old
  // blocks, although publish() had returned.
  return durability_ != Durability::power || file_system_.fdatasync(spare_.fd) == 0;
}

bool SwapFile::write_missing(const BlockSource& source) {
  for (const BlockIndex block : spare_.missing) {
    if (block >= spare_.missing_from) continue;
    buffer_.clear();
    source.append_block(buffer_, block);
    if (!write_all(file_system_, spare_.fd, buffer_,
                   static_cast<off_t>(source.block_offset(block)))) {
      return false;
    }
  }
  if (!write_blocks(spare_.fd, source, spare_.missing_from)) return false;
  spare_.missing.clear();
  spare_.missing_from = kNoBlock;
  return true;
}

void SwapFile::open_directory() {
  // Anew each time that a file is written whole: the directory may have been removed and made
  // again.
  if (directory_fd_ >= 0) file_system_.close(std::exchange(directory_fd_, -1));
  directory_fd_ = file_system_.open(AT_FDCWD, directory_.c_str(), O_RDONLY | O_DIRECTORY, 0);
  if (directory_fd_ < 0) throw FileError("open " + directory_.string(), errno);
}

void SwapFile::write_spare(const BlockSource& source) {
  open_directory();
  // A reader may still hold the old spare: it keeps the file, and loses only the name.
  close(spare_);
  if (file_system_.unlink(directory_fd_, spare_name_.c_str()) != 0 && errno != ENOENT) {
    fail("remove", spare_name_);
  }
  const int fd =
      file_system_.open(directory_fd_, spare_name_.c_str(), O_WRONLY | O_CREAT | O_EXCL, kMode);
  if (fd < 0) fail("create", spare_name_);
  spare_.fd = fd;
  try {
    if (!write_blocks(fd, source, 0)) fail("write", spare_name_);
    if (file_system_.identify(fd, "", spare_.identity) != 0) fail("identify", spare_name_);
    spare_.layout = source.layout();
    spare_.missing.clear();
    spare_.missing_from = kNoBlock;
    // Once per fresh file, whatever the durability: a power loss could leave it empty under its
    // published name.
    if (file_system_.fsync(fd) != 0) fail("sync", spare_name_);
  } catch (...) {
    drop_spare();
    throw;
  }
  ++whole_writes_;
  note_files();
}

bool SwapFile::write_blocks(int fd, const BlockSource& source, BlockIndex first) {
  const BlockIndex blocks = source.block_count();
  if (first >= blocks) return true;
  auto offset = static_cast<off_t>(source.block_offset(first));
  buffer_.clear();
  for (BlockIndex block = first; block < blocks; ++block) {
    source.append_block(buffer_, block);
    if (buffer_.size() < kWholeWriteBytes && block + 1 < blocks) continue;
    if (!write_all(file_system_, fd, buffer_, offset)) return false;
    offset += static_cast<off_t>(buffer_.size());
    buffer_.clear();
  }
  return true;
}

void SwapFile::publish_spare() {
  // The exchange keeps the previous generation as the next spare. Where that isn't possible (no
  // file of that name, or no exchange on this system), the plain rename is as atomic.
  if (file_system_.exchange(directory_fd_, name_.c_str(), spare_name_.c_str()) == 0) {
    std::swap(published_, spare_);
  } else if (file_system_.rename(directory_fd_, spare_name_.c_str(), name_.c_str()) == 0) {
    std::swap(published_, spare_);
    close(spare_);
  } else {
    const int error_number = errno;
    drop_spare();
    errno = error_number;
    fail("rename " + spare_name_ + " to", name_);
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

/// Both generations, since the disk may have either under the published name until it has the last
/// exchange; then the directory, which has it.
void SwapFile::note_files() {
  if (durability_ == Durability::power) return;
  sync_.set_files({published_.fd, spare_.fd, directory_fd_});
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
