/* Its table lacks on_study_start, which is required. */
#define ZOO_ON_STUDY_START NULL
#include "table.h"
