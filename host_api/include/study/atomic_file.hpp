/// The one conventional temp-file-and-rename of this project.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace study {

/// What must survive what, when a write has returned.
enum class Durability {
  process,  ///< the death of the process; after a power loss the file may be old or, new,
            ///< incomplete
  power,    ///< a power loss: the data and the directory entry have been synced
};

/// Makes `bytes` the content of `path`, atomically: whoever opens `path` finds the old content or
/// the new, whole. A temporary file beside the target (`.{name}.{random}.tmp`, `mode` less umask)
/// is written and renamed over it; on every failure it is removed and the old content stands. But
/// for one: if, with `Durability::power`, the directory can't be synced after the renaming, the new
/// content is in place, and a power loss may bring back the old.
///
/// With `Durability::process` the content is only on its way to the disk. Not promised: that owner,
/// mode, links or attributes of an existing file carry over; that a link at `path` stays one.
///
/// Throws `FileError` with the failed operation, the path and the reason.
void replace_file(const std::filesystem::path& path, std::string_view bytes,
                  Durability durability = Durability::process, mode_t mode = 0666);

/// Replaces `piece` by the next piece of a content; returns false when there is nothing more.
using ContentSource = std::function<bool(std::string& piece)>;

/// The same for a content that nobody wants to hold as a whole.
void replace_file(const std::filesystem::path& path, const ContentSource& content,
                  Durability durability = Durability::process, mode_t mode = 0666);

/// The same for a name that nothing is expected to have, in less time: the file gets its name when
/// it is whole, and needs no temporary one, which a kill could leave.
void place_file(const std::filesystem::path& path, std::string_view bytes,
                Durability durability = Durability::process);

/// More than any file of ours has: the manifest of a million experiments.
inline constexpr std::uint64_t kMaxFileBytes = std::uint64_t{512} << 20;

/// Whole content of a file, which may be a link to one, or a pipe or a device. Whatever somebody
/// has put there, no more than `max_bytes` of it is held, and a pipe is waited for 10 s at most,
/// one without a writer not at all. Throws `FileError`; its code is ENOENT where there is none,
/// EFBIG for more than `max_bytes`, ETIMEDOUT for a pipe in which nothing comes.
[[nodiscard]] std::string read_file(const std::filesystem::path& path,
                                    std::uint64_t max_bytes = kMaxFileBytes);

}  // namespace study
