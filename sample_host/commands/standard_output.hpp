/// stdout, for what a command was asked for.
#pragma once

#include <string_view>

namespace host {

/// Writes all of `text`. Throws `study::StudyError` where it is lost, as on a full disk, so that
/// the exit code tells; a pipe whose reader has seen enough is no error.
void print(std::string_view text);

}  // namespace host
