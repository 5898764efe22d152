#include "abi_layout.h"

/* For abi_test.cpp: what C thinks of the numbers. */
uint64_t abi_magic_in_c(void);
int abi_sum_of_statuses_in_c(void);

uint64_t abi_magic_in_c(void) {
  return STUDY_OBSERVER_MAGIC;
}

int abi_sum_of_statuses_in_c(void) {
  return STUDY_OK + STUDY_FAILED + STUDY_BAD_OPTIONS + STUDY_NO_CHECKPOINT +
         STUDY_CHECKPOINT_CORRUPT + STUDY_CHECKPOINT_NEWER_VERSION + STUDY_BAD_EVENT;
}
