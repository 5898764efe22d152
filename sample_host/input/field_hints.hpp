/// What a key was likely meant as that is taken for an experiment field.
#pragma once

#include <string>
#include <string_view>

namespace host {

/// Empty for a key that may well be a field.
[[nodiscard]] std::string misplaced_field_hint(std::string_view key);

/// What a key under `sweep` means in the files of others (W&B, GitHub, Hydra); empty for the rest.
[[nodiscard]] std::string foreign_sweep_hint(std::string_view key);

}  // namespace host
