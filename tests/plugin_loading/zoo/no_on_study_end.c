/* Its table lacks on_study_end, which is required. */
#define ZOO_ON_STUDY_END NULL
#include "table.h"
