/* Its name has a size but no data. */
#define ZOO_NAME \
  { NULL, 10 }
#include "table.h"
