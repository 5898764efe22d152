/// What a person is told when a study is no longer the one that began.
#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace host {

/// A configuration as the account of a change names it.
struct DesignedConfiguration {
  std::string config_hash;
  std::string summary;
  const boost::json::object* fields = nullptr;  ///< null: not known any more
};

/// The unique configurations of a study, in their order.
using Design = std::vector<DesignedConfiguration>;

/// How `now` differs from `before`, as lines that end in a newline and begin with two spaces:
///
///     changed:   gzip / level=1
///                and 2 more
///                  block_size: absent → 512
///     new:       gzip / level=19
///     gone:      gzip / level=9
///     unchanged: 4 configurations
///
/// A gone and a new configuration that differ in at most half of their fields are the same
/// experiment, changed; those that have changed in the same way stand together, and only the first
/// few of a kind are named, with their hashes where the names alone don't tell them apart.
///
/// At most 10^6 pairs are compared field by field. Beyond that, those belong together that are
/// equal without the fields that have changed in all (a value that no configuration of the other
/// side has); if too many are left even then, a last line says that they were not compared.
[[nodiscard]] std::string describe_design_change(const Design& before, const Design& now);

}  // namespace host
