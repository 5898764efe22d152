/// The program's own standard output. Descriptor 1 isn't it: whatever else is loaded into the
/// process, such as a plugin, may print there, at any time and also while the process exits.
#pragma once

#include <string_view>

namespace host {

/// Keeps standard output for `print`, and gives descriptor 1 to where standard error goes, for all
/// others. Once, before anything is printed. Throws `study::StudyError`.
void keep_stdout();

/// Where `print` writes: standard output, under whatever number. No program that is started gets
/// it.
[[nodiscard]] int own_stdout();

/// Writes all of `text`. Throws `study::StudyError` where it is lost, as on a full disk, so that
/// the exit code tells; a pipe whose reader has seen enough is no error.
void print(std::string_view text);

/// The same, and whether there is anybody left to read more.
[[nodiscard]] bool print_to_reader(std::string_view text);

}  // namespace host
