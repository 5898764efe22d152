/// What no sweep may have. All of it throws `study::InputError`. For sweep.cpp and its like.
#pragma once

#include "input/sweep.hpp"

#include <cstddef>
#include <span>
#include <string>

#include <boost/json/object.hpp>

namespace host {

/// Each field is set by one dimension, and none sets a part of what another sets as a whole.
void check_dimensions(std::span<const Dimension> dimensions);

/// A nested field that `shared` has as something else than a mapping can't take a part.
void check_path(const Dimension& dimension, const Setting& setting,
                const boost::json::object& shared);

/// At most `kMaxConfigurations`. The message begins with `where`.
void check_number(std::size_t n_configs, const std::string& where);

/// At most `kMaxConfigurationBytes`. The message begins with `where`.
void check_bytes(const Configurations& configs, const std::string& where);

}  // namespace host
