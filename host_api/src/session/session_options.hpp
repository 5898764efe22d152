/// The options of a session as JSON.
#pragma once

#include <study/session.hpp>

#include <string_view>

namespace study {

/// `options` and `experiments` as in session.h. Throws `InputError` that names the key, and the
/// nearest known one.
[[nodiscard]] SessionOptions parse_session_options(std::string_view options,
                                                   std::string_view experiments);

/// The same without experiments, and `study_name` may be absent.
[[nodiscard]] SessionOptions parse_reader_options(std::string_view options);

/// A JSON array of experiments. Throws as above.
[[nodiscard]] std::vector<Experiment> parse_experiments(std::string_view json);

}  // namespace study
