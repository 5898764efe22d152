#include "visible.hpp"

#include <study/error.hpp>

namespace study_host {

void refuse_input(std::string_view message) {
  throw study::InputError(visible(message));
}

}  // namespace study_host
