/* Its table lacks create, which is required. */
#define ZOO_CREATE NULL
#include "table.h"
