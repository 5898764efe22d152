/// Text from outside as a person may see it.
#pragma once

#include <study/text.hpp>

#include <string_view>

namespace host {

using study::visible;

/// Throws `study::InputError` with `visible(message)`: what a person wrote may have a null
/// character, at which `what()` would end.
[[noreturn]] void refuse_input(std::string_view message);

}  // namespace host
