/* Refuses every host. */
#include <study/abi.h>

const struct study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor);

const struct study_observer_plugin* study_observer_plugin_v1(uint32_t host_abi_major,
                                                             uint32_t host_abi_minor) {
  (void)host_abi_major, (void)host_abi_minor;
  return NULL;
}
