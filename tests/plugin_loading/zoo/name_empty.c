/* Its name is empty. */
#define ZOO_NAME \
  { NULL, 0 }
#include "table.h"
