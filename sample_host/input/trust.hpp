/// Whether what was found, and not asked for, may be loaded: looking at a study runs nobody else's
/// code.
#pragma once

#include "input/host_config.hpp"

#include <filesystem>
#include <string>

namespace host {

/// Who but this user and root could change what `file` is, or has put it there: itself, a link on
/// the way to it, or a folder in which others may exchange it. Empty if nobody; else, for a
/// message, such as `/srv/x belongs to bob` or `others can write to /srv`. That a group can write
/// is fine where the group has its owner alone, as those of Debian's users have.
[[nodiscard]] std::string who_else_can_change(const std::filesystem::path& file);

/// For a config that lay beside a study file, in the current directory or in a study's record.
/// Throws `study::StudyError` that names the file and who can change it, if that is somebody else,
/// and the same for each plugin that `config` makes loadable: the folders of its `plugin_path` and
/// what is in them, and each enabled observer that it names by a path.
void check_found_config(const HostConfig& config);

}  // namespace host
