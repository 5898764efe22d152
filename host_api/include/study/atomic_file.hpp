/// The one conventional temp-file-and-rename of this project.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace study {

/// What must survive what, when a write has returned.
enum class Durability {
  process,  ///< the death of the process; after a power loss the file may be old or, new,
            ///< incomplete
  power,    ///< a power loss: the data and the directory entry have been synced
};

/// Makes `bytes` the content of `path`, atomically: whoever opens `path` finds the old content or
/// the new, whole. A temporary file beside the target (`.{name}.{random}.tmp`, mode 0666 less
/// umask) is written and renamed over it; on every failure it is removed and the old content
/// stands. But for one: if, with `Durability::power`, the directory can't be synced after the
/// renaming, the new content is in place, and a power loss may bring back the old.
///
/// With `Durability::process` the content is only on its way to the disk. Not promised: that owner,
/// mode, links or attributes of an existing file carry over; that a link at `path` stays one.
///
/// Throws `FileError` with the failed operation, the path and the reason.
void replace_file(const std::filesystem::path& path, std::string_view bytes,
                  Durability durability = Durability::process);

/// Replaces `piece` by the next piece of a content; returns false when there is nothing more.
using ContentSource = std::function<bool(std::string& piece)>;

/// The same for a content that nobody wants to hold as a whole.
void replace_file(const std::filesystem::path& path, const ContentSource& content,
                  Durability durability = Durability::process);

/// Whole content of a file. Throws `FileError`; its code is ENOENT where there is none.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace study
