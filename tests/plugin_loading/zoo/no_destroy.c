/* Its table lacks destroy, which is required. */
#define ZOO_DESTROY NULL
#include "table.h"
