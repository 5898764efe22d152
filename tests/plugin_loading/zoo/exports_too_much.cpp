// Healthy but for its linking without the version script: it exports more than the entry point,
// with a static that g++ marks STB_GNU_UNIQUE, shared with any library that has one of the same
// name.
extern "C" {
#include "table.h"
}

template <class Type>
struct __attribute__((visibility("default"))) Shared {
  static int& instance() {
    static int value = 0;
    return value;
  }
};

__attribute__((visibility("default"))) int zoo_use_of_shared();
int zoo_use_of_shared() {
  return ++Shared<int>::instance();
}
