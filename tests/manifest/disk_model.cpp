#include "disk_model.hpp"

#include <algorithm>

#include <fcntl.h>

namespace study_test {
namespace {

/// The last of the sorted `moments` that is not after `moment`, or 0.
[[nodiscard]] std::size_t last_before(const std::vector<std::size_t>& moments, std::size_t moment) {
  const auto after = std::upper_bound(moments.begin(), moments.end(), moment);
  return after == moments.begin() ? 0 : *std::prev(after);
}

/// One of the versions that are at most as old as the one that was current at `oldest`, and not
/// younger than `newest`; null if none was there yet at `oldest` and none is chosen.
template <class Version>
[[nodiscard]] const Version* choose(std::mt19937& random, const std::vector<Version>& versions,
                                    std::size_t oldest, std::size_t newest) {
  std::vector<const Version*> candidates = {nullptr};
  for (const Version& version : versions) {
    if (version.moment > newest) break;
    if (version.moment <= oldest) candidates.clear();
    candidates.push_back(&version);
  }
  return candidates[random() % candidates.size()];
}

}  // namespace

int RecordingFileSystem::open(int directory, const char* name, int flags, mode_t mode) {
  const int fd = FileSystem::open(directory, name, flags, mode);
  if (fd < 0) return fd;
  ++moment_;
  if ((flags & O_DIRECTORY) != 0) {
    descriptors_[fd] = kDirectory;
  } else if ((flags & O_CREAT) != 0) {
    descriptors_[fd] = ++next_file_;
    Names names = names_;
    names[name] = next_file_;
    note_names(std::move(names));
  }
  return fd;
}

ssize_t RecordingFileSystem::pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  const ssize_t result = FileSystem::pwrite(fd, data, size, offset);
  if (result <= 0) return result;
  ++moment_;
  File& file = files_[descriptors_.at(fd)];
  std::string_view bytes(static_cast<const char*>(data), static_cast<std::size_t>(result));
  auto position = static_cast<std::size_t>(offset);
  while (!bytes.empty()) {
    const std::size_t in_page = position % kPageBytes;
    const std::size_t count = std::min(kPageBytes - in_page, bytes.size());
    auto& versions = file.pages[position / kPageBytes];
    std::string page = versions.empty() ? std::string() : versions.back().bytes;
    page.resize(std::max(page.size(), in_page + count), '\0');
    page.replace(in_page, count, bytes.substr(0, count));
    versions.push_back({moment_, std::move(page)});
    bytes.remove_prefix(count);
    position += count;
  }
  return result;
}

int RecordingFileSystem::fsync(int fd) {
  const int result = FileSystem::fsync(fd);
  if (result == 0) note_sync(fd);
  return result;
}

int RecordingFileSystem::fdatasync(int fd) {
  const int result = FileSystem::fdatasync(fd);
  if (result == 0) note_sync(fd);
  return result;
}

int RecordingFileSystem::close(int fd) {
  descriptors_.erase(fd);
  return FileSystem::close(fd);
}

int RecordingFileSystem::rename(int directory, const char* from, const char* to) {
  const int result = FileSystem::rename(directory, from, to);
  if (result != 0) return result;
  ++moment_;
  Names names = names_;
  names[to] = names.at(from);
  names.erase(from);
  note_names(std::move(names));
  return result;
}

int RecordingFileSystem::exchange(int directory, const char* one, const char* other) {
  const int result = FileSystem::exchange(directory, one, other);
  if (result != 0) return result;
  ++moment_;
  Names names = names_;
  std::swap(names.at(one), names.at(other));
  note_names(std::move(names));
  return result;
}

int RecordingFileSystem::unlink(int directory, const char* name) {
  const int result = FileSystem::unlink(directory, name);
  if (result != 0) return result;
  ++moment_;
  Names names = names_;
  names.erase(name);
  note_names(std::move(names));
  return result;
}

void RecordingFileSystem::note_names(Names names) {
  names_ = std::move(names);
  history_.push_back({moment_, names_});
}

void RecordingFileSystem::note_sync(int fd) {
  ++moment_;
  const FileId file = descriptors_.at(fd);
  (file == kDirectory ? directory_syncs_ : files_[file].syncs).push_back(moment_);
}

std::optional<std::string> RecordingFileSystem::after_power_loss(std::mt19937& random,
                                                                 const std::string& name,
                                                                 std::size_t moment) const {
  const NamesVersion* names =
      choose(random, history_, last_before(directory_syncs_, moment), moment);
  const auto found = names->names.find(name);
  if (found == names->names.end()) return std::nullopt;
  const auto file = files_.find(found->second);
  return file == files_.end() ? std::string() : content(random, file->second, moment);
}

std::string RecordingFileSystem::content(std::mt19937& random, const File& file,
                                         std::size_t moment) const {
  std::string text;
  for (const auto& [number, versions] : file.pages) {
    const PageVersion* page = choose(random, versions, last_before(file.syncs, moment), moment);
    if (page == nullptr) return text;  // it ends before this page
    text.resize(number * kPageBytes, '\0');
    text += page->bytes;
  }
  return text;
}

}  // namespace study_test
