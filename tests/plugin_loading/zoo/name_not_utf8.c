/* Its name and version are not UTF-8. */
#define ZOO_NAME ZOO_TEXT("zo\xff")
#define ZOO_VERSION ZOO_TEXT("\xc0\x80")
#include "table.h"
