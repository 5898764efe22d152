/// Which fields tell the configurations of a study apart.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace host {

struct VaryingField {
  std::string key;                  ///< dotted where it is nested: `pytorch.batch_size`
  std::vector<std::string> values;  ///< JSON text, strings bare, in order of first appearance
  bool is_absent_in_some = false;
};

/// The fields whose value is not the same in all `configs`, in order of first appearance; being
/// absent counts as a value. Linear in the total size of `configs`.
[[nodiscard]] std::vector<VaryingField> varying_fields(
    std::span<const boost::json::object* const> configs);

}  // namespace host
