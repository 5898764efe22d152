/* Of version 1.1, and yet goes on in a child of fork(2) as if its files were still its own. */
#define ZOO_ABI_MINOR 1
#include "table.h"
