/// Which file systems several machines may have mounted at once.
#pragma once

#include <string_view>

namespace study {

/// The name of the network file system of this `statfs.f_type`, or empty for any other. On those
/// named, flock(2) may be a matter of one machine only: NFS with `local_lock` or `nolock`, SMB with
/// `nobrl`, 9p and FUSE unless the server takes part, Lustre with `localflock`. Cluster file
/// systems whose locks reach every node (GFS2, OCFS2, CephFS) are not among them.
[[nodiscard]] std::string_view network_file_system_name(unsigned long type);

}  // namespace study
