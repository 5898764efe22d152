/// What the lock file says of its writer: one JSON object on one line.
#pragma once

#include <study/study_lock.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace study {

/// With a newline at its end, behind which remains of a longer record don't count.
[[nodiscard]] std::string render_writer(const Writer& writer);

/// The writer of the first line; empty for anything that `render_writer` does not write.
[[nodiscard]] std::optional<Writer> parse_writer(std::string_view text);

/// What can be told of a writer when nobody here holds the lock that `recorded` held. On a network
/// file system a writer on another machine may hold it all the same.
[[nodiscard]] WriterState unlocked_state(bool on_network, const std::optional<Writer>& recorded,
                                         std::string_view this_host);

[[nodiscard]] std::string host_name();

/// The name of the network file system of this `statfs.f_type`, or empty for any other. On those
/// named, flock(2) may be a matter of one machine only: NFS with `local_lock` or `nolock`, SMB with
/// `nobrl`, 9p and FUSE unless the server takes part, Lustre with `localflock`, BeeGFS without
/// `tuneUseGlobalFileLocks`, GPFS, whose flock(2) is a node's. Cluster file systems whose locks
/// reach every node (GFS2, OCFS2, CephFS) are not among them.
[[nodiscard]] std::string_view network_file_system_name(unsigned long type);

/// The option by which the device's file system is mounted so that its locks are this machine's
/// alone, such as `local_lock=all`; empty where there is none. `mountinfo`: of proc(5).
[[nodiscard]] std::string_view local_lock_option(std::string_view mountinfo, unsigned major,
                                                 unsigned minor);

}  // namespace study
