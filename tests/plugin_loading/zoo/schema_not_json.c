/* Its options schema is not JSON. */
#define ZOO_OPTIONS_SCHEMA ZOO_TEXT("{\"properties\": ")
#include "table.h"
