#include "abi_layout.h"

/* For abi_test.cpp: what C makes of the magic number. */
uint64_t abi_magic_in_c(void);

uint64_t abi_magic_in_c(void) {
  return STUDY_OBSERVER_MAGIC;
}
