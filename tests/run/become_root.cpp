// As sudo(8): a program of root's for everybody, which takes root's rights for good.
#include <cstdio>

#include <unistd.h>

int main(int, char** arguments) {
  if (::setresuid(0, 0, 0) != 0) return 1;
  ::setsid();
  std::FILE* const file = std::fopen(arguments[1], "w");
  if (file == nullptr) return 1;
  std::fprintf(file, "%d", static_cast<int>(::getpid()));
  std::fclose(file);
  ::sleep(60);
}
