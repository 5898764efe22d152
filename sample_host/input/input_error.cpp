#include "input/input_error.hpp"

#include <study/error.hpp>

namespace host {

void refuse_input(std::string_view message) {
  throw study::InputError(visible(message));
}

}  // namespace host
