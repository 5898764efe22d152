/* Does nothing, correctly. */
#include "table.h"
