/// How a store in files is broken and mended.
#pragma once

#include "support/file_size_limit.hpp"

#include <optional>

namespace study_test {

/// No file can be written to until mend_files is called.
inline std::optional<FileSizeLimit>& files_limit() {
  static std::optional<FileSizeLimit> limit;
  return limit;
}
inline void break_files() {
  files_limit().emplace(0U);
}
inline void mend_files() {
  files_limit().reset();
}

}  // namespace study_test
