/// How recent what a manifest tells is.
#pragma once

#include <study/manifest.hpp>

namespace study {

/// The last moment that it tells of. Linear.
[[nodiscard]] Timestamp last_change(const StudyManifest& manifest);

}  // namespace study
