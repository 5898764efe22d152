/// Where two manifests differ, for people.
#pragma once

#include <study/manifest.hpp>

#include <string>

namespace plugin_check {

/// The first difference, as a clause: `entry 3 (0123456789abcdef cycle 1) has the status running in
/// the place of failed`. Empty for equal ones. Texts are shortened, and control characters in them
/// shown.
[[nodiscard]] std::string first_difference(const study::StudyManifest& found,
                                           const study::StudyManifest& expected);

}  // namespace plugin_check
