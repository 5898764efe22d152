/// The state of a study, as text and as JSON.
#pragma once

#include <study/manifest.hpp>

#include <string>

namespace study_host {

/// Name, state, counters, what is running and since when, what failed and why. Every line ends with
/// a newline.
[[nodiscard]] std::string status_text(const study::StudyManifest& manifest);

/// `{"manifest": {…}}`, the manifest with counters that are those of its entries. Further keys may
/// come. Ends with a newline.
[[nodiscard]] std::string status_json(const study::StudyManifest& manifest);

}  // namespace study_host
