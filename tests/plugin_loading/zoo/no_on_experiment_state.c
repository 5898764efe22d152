/* Its table lacks on_experiment_state, which is required. */
#define ZOO_ON_EXPERIMENT_STATE NULL
#include "table.h"
