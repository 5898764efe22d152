/* Takes options that its schema forbids. */
#define ZOO_OPTIONS_SCHEMA                                              \
  ZOO_TEXT(                                                             \
      "{\"additionalProperties\": false, \"properties\": {\"colour\": " \
      "{\"type\": \"string\"}}}")
#include "table.h"
