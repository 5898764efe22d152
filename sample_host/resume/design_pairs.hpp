/// Which configurations of two designs are the same experiment, changed.
#pragma once

#include "resume/design_change.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace host {

using Fields = std::map<std::string, std::string>;  ///< dotted name -> canonical JSON

/// A field that differs, with its values as a person is shown them.
struct FieldChange {
  std::string key;
  std::string before;
  std::string now;
  friend auto operator<=>(const FieldChange&, const FieldChange&) = default;
};

/// In the order of the fields' names.
[[nodiscard]] std::vector<FieldChange> changes_between(const Fields& before, const Fields& now);

/// What only one of two designs has.
struct Side {
  std::vector<const DesignedConfiguration*> configurations;
  std::vector<Fields> fields;
  std::vector<bool> is_paired;

  Side(const Design& design, const Design& other);

  [[nodiscard]] std::size_t size() const { return configurations.size(); }
  /// The indexes of those that have no partner.
  [[nodiscard]] std::vector<std::size_t> unpaired() const;
};

/// In the order of the present study.
using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;  // (added, gone)

/// Finds partners as `describe_design_change` says.
[[nodiscard]] Pairs pair_up(Side& gone, Side& added);

/// Whether more pairs are left than are compared.
[[nodiscard]] bool are_too_many(const Side& gone, const Side& added);

}  // namespace host
