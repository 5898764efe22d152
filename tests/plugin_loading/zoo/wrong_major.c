/* Speaks a later, incompatible version of the interface. */
#define ZOO_ABI_MAJOR (STUDY_ABI_MAJOR + 1)
#include "table.h"
