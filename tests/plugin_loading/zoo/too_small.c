/* Its table ends before destroy. */
#define ZOO_STRUCT_SIZE offsetof(struct study_observer_plugin, destroy)
#include "table.h"
