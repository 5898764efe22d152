/* What a plugin was linked to, and isn't found when it is loaded. */
int zoo_function_of_the_library(void);
int zoo_function_of_the_library(void) {
  return 0;
}
