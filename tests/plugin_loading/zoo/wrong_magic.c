/* Its table is of something else. */
#define ZOO_MAGIC UINT64_C(0x0123456789abcdef)
#include "table.h"
