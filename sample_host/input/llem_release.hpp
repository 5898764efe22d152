/// The later form of LLenergyMeasure's study files (package 0.7.0), translated into ours. Nothing
/// else in the project knows of it.
#pragma once

#include "input/document.hpp"
#include "input/study_file.hpp"

#include <vector>

namespace host {

/// Whether the members of a study file, with those of its `base`, are of that form: it has
/// `study_name`, `study_execution` or `serving_mode`, or `engine` together with a mapping `task`.
/// Throws `study::InputError` where keys of our own form stand beside these.
[[nodiscard]] bool is_llem_release(const std::vector<FieldReader>& members,
                                   const std::vector<FieldReader>& base_members);

/// Fills everything in `study` that follows from the text, but for its name. Throws
/// `study::InputError`.
void read_llem_release(const std::vector<FieldReader>& members,
                       const std::vector<FieldReader>& base_members, StudyFile& study);

}  // namespace host
