/// A file that somebody has open or mapped while it is replaced.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace study_test {

class Snapshot {
 public:
  Snapshot() = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  virtual ~Snapshot() = default;

  /// Whether what it shows is still what it showed at first.
  [[nodiscard]] virtual bool unchanged() const = 0;
};

/// Keeps the file open, and reads it again each time.
class OpenedSnapshot final : public Snapshot {
 public:
  explicit OpenedSnapshot(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) throw std::runtime_error("can't open " + path.string());
    first_ = read();
  }
  ~OpenedSnapshot() override { ::close(fd_); }
  [[nodiscard]] bool unchanged() const override { return read() == first_; }

 private:
  [[nodiscard]] std::string read() const {
    std::string text;
    char piece[4096];
    for (ssize_t n; (n = ::pread(fd_, piece, sizeof piece, static_cast<off_t>(text.size()))) > 0;) {
      text.append(piece, static_cast<std::size_t>(n));
    }
    return text;
  }

  int fd_;
  std::string first_;
};

/// Keeps only a mapping: its descriptor is closed.
class MappedSnapshot final : public Snapshot {
 public:
  explicit MappedSnapshot(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw std::runtime_error("can't open " + path.string());
    size_ = static_cast<std::size_t>(::lseek(fd, 0, SEEK_END));
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
    ::close(fd);
    if (data_ == MAP_FAILED) throw std::runtime_error("can't map " + path.string());
    first_ = text();
  }
  ~MappedSnapshot() override { ::munmap(data_, size_); }
  [[nodiscard]] bool unchanged() const override { return text() == first_; }

 private:
  [[nodiscard]] std::string_view text() const { return {static_cast<const char*>(data_), size_}; }

  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::string first_;
};

}  // namespace study_test
