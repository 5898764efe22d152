// To be preloaded: whoever locks a file gets the lock, as where another machine's locks aren't
// seen.
#include <sys/file.h>

extern "C" int flock(int, int) noexcept {
  return 0;
}
