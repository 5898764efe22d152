/// What makes two configurations the same, and the file names that follow from it.
///
/// Compatible with LLenergyMeasure: SHA-256 over the text that Python's `json.dumps(config,
/// sort_keys=True)` gives. Test data: tests/data/config_hash.json and its neighbours.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace study {

/// The canonical JSON text: keys sorted by code point, `", "` and `": "` as separators, ASCII only
/// with lower-case `\uXXXX` (surrogate pairs above the BMP), floats as the shortest text that
/// round-trips, in Python's form (`1e-05`, `1e+16`, `100.0`, `-0.0`), integers of any 64-bit width
/// exactly.
///
/// Throws `InputError` for NaN and infinities.
[[nodiscard]] std::string canonical_json(const boost::json::value& value);
void append_canonical_json(std::string& out, const boost::json::value& value);

/// The first 16 hex digits of the SHA-256 of `bytes`.
[[nodiscard]] std::string short_sha256(std::string_view bytes);

/// The first 16 hex digits of the SHA-256 of the configuration's canonical JSON. Throws as above.
[[nodiscard]] std::string config_hash(const boost::json::object& config);

/// The same over the list of unique configurations, in order.
[[nodiscard]] std::string study_design_hash(std::span<const boost::json::object* const> configs);

/// The part of `config` that a result file's name begins with: `{model}_{backend}_{precision}`, the
/// model in lower case (ASCII) with `/` as `-`; parts that are absent are left out, characters that
/// do not belong in a file name become `-`, and it is cut so that every name built on it fits 255
/// bytes. `experiment` where nothing is left.
[[nodiscard]] std::string result_file_prefix(const boost::json::object& config);

/// `{model}_{backend}_{precision}_{hash[:8]}{extension}`: the name of a result file that lies flat
/// beside the manifest. Never contains `/`, never begins with a dot, never exceeds 255 bytes. A
/// study's own names, with cycles and without collisions, come from `StudyPlan::result_stem`.
[[nodiscard]] std::string result_file_name(const boost::json::object& config,
                                           std::string_view config_hash,
                                           std::string_view extension);

}  // namespace study
