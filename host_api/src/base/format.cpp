#define FMT_HEADER_ONLY
#include "base/format.hpp"

#include <fmt/format.h>

namespace study {

std::string format_text(fmt::string_view text, fmt::format_args arguments) {
  return fmt::vformat(text, arguments);
}

}  // namespace study
