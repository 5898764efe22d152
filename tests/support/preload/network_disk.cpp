// To be preloaded: every file seems to be on an NFS.
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" int fstatfs(int fd, struct statfs* info) noexcept {
  const long result = ::syscall(SYS_fstatfs, fd, info);
  if (result == 0) info->f_type = 0x6969;  // NFS_SUPER_MAGIC of linux/magic.h
  return static_cast<int>(result);
}
