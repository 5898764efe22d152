/* Keeps no checkpoint, which is allowed. */
#define ZOO_READ_CHECKPOINT NULL
#include "table.h"
