/// A dimension of the sweep of LLenergyMeasure's later form. For llem_release_sweep.cpp.
#pragma once

#include "input/configurations.hpp"
#include "input/document.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace host {

struct LlemAxis {
  std::string name;
  std::string engine;     ///< that it is for; empty: all
  bool is_group = false;  ///< a list of mappings, whose members go together
  std::vector<std::vector<Configurations::SettingId>> choices;
};

/// Whether it is one of `kLlemEngines`.
[[nodiscard]] bool is_llem_engine(std::string_view name);

/// Reads a member of `sweep`; its settings go into `configs`. Throws `study::InputError`.
[[nodiscard]] LlemAxis read_llem_axis(const FieldReader& member, Configurations& configs);

}  // namespace host
