#include "base/network_file_system.hpp"

namespace study {

// The numbers: statfs(2) and linux/magic.h; Lustre's is LL_SUPER_MAGIC.
std::string_view network_file_system_name(unsigned long type) {
  switch (type & 0xFFFFFFFFUL) {  // a signed 32-bit f_type arrives with its sign extended
    case 0x6969:
      return "NFS";
    case 0x517B:
    case 0xFF534D42:
    case 0xFE534D42:
      return "SMB";
    case 0x01021997:
      return "9p";
    case 0x65735546:
      return "FUSE";
    case 0x0BD00BD0:
      return "Lustre";
    case 0x5346414F:
    case 0x6B414653:
      return "AFS";
    case 0x73757245:
      return "Coda";
    case 0x786F4256:
      return "VirtualBox shared folders";
    default:
      return {};
  }
}

}  // namespace study
