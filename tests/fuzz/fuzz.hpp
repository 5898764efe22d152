/// What the fuzzers share. Each defines `LLVMFuzzerTestOneInput` and is built twice: with libFuzzer
/// (clang; `run.sh`), and as a plain program that runs its corpus, which is a test.
#pragma once

#include "support/temp_dir.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

/// Tries one input. Ends the process where a promise is not kept.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace study_fuzz {

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A promise about what the code under test gives.
inline void expect(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "not kept: %s\n", promise);
  std::abort();
}

/// Values out of an input, zeros when it is used up.
class Bytes {
 public:
  explicit Bytes(std::string_view input) : left_(input) {}

  template <class Integer>
  [[nodiscard]] Integer take() {
    Integer value{};
    const std::size_t size = std::min(sizeof value, left_.size());
    std::memcpy(&value, left_.data(), size);
    left_.remove_prefix(size);
    return value;
  }
  /// Its length comes first, in two bytes.
  [[nodiscard]] std::string text() {
    const std::size_t size = std::min<std::size_t>(take<std::uint16_t>(), left_.size());
    std::string result(left_.substr(0, size));
    left_.remove_prefix(size);
    return result;
  }
  [[nodiscard]] bool is_empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

/// A directory in memory, for what is read from files.
[[nodiscard]] inline const std::filesystem::path& scratch() {
  static const study_test::TempDir directory(study_test::memory_directory());
  return directory.path();
}

inline void write(const std::filesystem::path& file, std::string_view bytes) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  expect(fd >= 0 && ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
         "the scratch directory can be written to");
  ::close(fd);
}

}  // namespace study_fuzz
