/* Its options schema has a size but no data. */
#define ZOO_OPTIONS_SCHEMA \
  { NULL, 10 }
#include "table.h"
