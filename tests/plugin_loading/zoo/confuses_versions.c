/* Hands hosts of other versions a table of another layout. */
#define ZOO_NO_ENTRY_POINT
#include "table.h"

static const char older_table[256] = "of version 0, which had no magic number";

const struct study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor);

const struct study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor) {
  (void)host_abi_minor;
  return host_abi_major == STUDY_ABI_MAJOR ? &zoo_table
                                           : (const struct study_observer_plugin*)older_table;
}
