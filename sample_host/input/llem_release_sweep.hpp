/// The configurations of LLenergyMeasure's later form. For llem_release.cpp.
#pragma once

#include "input/configurations.hpp"
#include "input/document.hpp"

#include <array>
#include <string_view>

#include <boost/json/object.hpp>

namespace host {

inline constexpr std::array<std::string_view, 3> kLlemEngines = {"transformers", "vllm",
                                                                 "tensorrt"};
/// Of experiments that say nothing of it.
inline constexpr std::string_view kLlemDefaultEngine = kLlemEngines[0];

/// `sweep` and `experiments` over the shared fields; null where they are absent. A key that begins
/// with an engine counts for that one's experiments, which have no sections of other engines. For
/// each engine: the product of the groups, slowest first those of all, then of the axes. Lists of
/// mappings are groups, whose members go together; everything else is an axis. The experiments
/// follow, each merged deeply into the shared fields. Throws `study::InputError`.
[[nodiscard]] Configurations expand_llem_release(boost::json::object shared,
                                                 const FieldReader* sweep,
                                                 const FieldReader* experiments);

}  // namespace host
