/// Ranges: the values of a dimension by their ends, `{from: 1, to: 9, step: 2}`.
#pragma once

#include "input/document.hpp"

#include <vector>

#include <boost/json/value.hpp>

namespace host {

/// Whether a mapping is written as a range, be it a faulty one: it has nothing but a range's keys,
/// at least two of them, and an end among these; or it is `log` or `pow2` over such a mapping.
[[nodiscard]] bool is_range(const FieldReader& reader);

/// The values of a range:
///
///     {from: 1, to: 9, step: 2}                 1, 3, 5, 7, 9; a negative step goes down
///     {from: 1, to: 100, factor: 10}            1, 10, 100
///     {from: 0, to: 1, count: 3}                0, 0.5, 1
///     {from: 1, to: 100, count: 3, scale: log}  1, 10, 100
///     {min: 1, max: 100, num: 3}                LLenergyMeasure's words for `from`, `to`, `count`
///     {log: {min: 1, max: 100, num: 3}}
///     {pow2: {min: 5, max: 20}}                 8, 16
///
/// Integers where the range has only these. Of floats the ends are exact, what is between them is
/// rounded to ten significant digits; equal ones are there once. Throws `study::InputError`.
[[nodiscard]] std::vector<boost::json::value> range_values(const FieldReader& reader);

}  // namespace host
