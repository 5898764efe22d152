/// Looks at a study from outside, once or again and again.
#pragma once

#include "status/status.hpp"

namespace host {

class StudyReader {
 public:
  StudyReader() = default;
  StudyReader(const StudyReader&) = delete;
  StudyReader& operator=(const StudyReader&) = delete;
  virtual ~StudyReader() = default;

  /// How things stand. The view refers to this object, until the next call.
  ///
  /// Throws `study::InputError` where there is no checkpoint, `study::CheckpointError` for one that
  /// can't be used, `study::FileError` for one that can't be read.
  [[nodiscard]] virtual StudyView read() = 0;
};

}  // namespace host
