/// The one line by which a person tells the configurations of a study apart.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace study {

inline constexpr std::size_t kMaxConfigSummaryCharacters = 120;

/// One summary per configuration, such as `pytorch / model=Llama-3.2-1B, batch_size=4 / bf16`:
/// `{backend} / {what varies} / {precision}`.
///
/// What varies: every flattened key whose value is not the same in all of `configs` (being absent
/// counts as a value), except `backend` and `precision`, as `key=value` joined with `, ` in order
/// of first appearance. A key is shown by its last dotted part where that is unambiguous among the
/// varying keys, else whole; strings bare; a model as the part after its last `/` where those parts
/// differ whenever the models do. If nothing varies, the middle is the model in lower case, `/` as
/// `-`, at most 30 characters. A missing backend or precision drops its segment. Cut with `…` at
/// `kMaxConfigSummaryCharacters` code points.
///
/// `configs` are the unique configurations of the study. Linear in their total size.
[[nodiscard]] std::vector<std::string> config_summaries(
    std::span<const boost::json::object* const> configs);

}  // namespace study
