/* Healthy; its create logs whose function it has called: the program that loads it may export one
 * of the same name. Weak, as are the inline functions of a library of headers. */
#include "parts.h"

__attribute__((weak, visibility("default"))) const char* zoo_owner(void);

const char* zoo_owner(void) {
  return "the plugin's own";
}

static int32_t say_it(const struct study_host* host, struct study_string options, void** observer,
                      struct study_error* error) {
  const char* owner = zoo_owner();
  const struct study_string channel = {NULL, 0};
  const struct study_string text = {owner, strlen(owner)};
  host->log(host->context, STUDY_LOG_INFO, channel, text);
  return zoo_create(host, options, observer, error);
}

#define ZOO_CREATE say_it
#include "table.h"
