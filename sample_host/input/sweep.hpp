/// From shared fields, dimensions and explicit experiments to the list of configurations.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace host {

/// More configurations than this are taken for a mistake in the sweep.
inline constexpr std::size_t kMaxConfigurations = 1'000'000;

/// One axis of the Cartesian product.
struct Dimension {
  std::string key;  ///< with a dot in it: `{backend}.{field}`, for that backend only
  std::vector<boost::json::value> values;  ///< not empty
  std::string where;                       ///< for messages: `study.yaml:12`
};

struct ExplicitExperiment {
  boost::json::object fields;
  std::string where;
};

/// What a study file says of its experiments.
struct SweepSpec {
  boost::json::object shared;         ///< fields of every experiment; `backend` may be a list
  std::string shared_where;           ///< where the `backend` of `shared` is, else the study file
  std::vector<Dimension> dimensions;  ///< in written order, keys unique
  std::vector<ExplicitExperiment> experiments;
};

struct Expansion {
  std::vector<boost::json::object> configs;  ///< those of the sweep first; not deduplicated
  std::vector<std::string> warnings;
};

/// Expands the sweep.
///
/// Backends are, in this order: a dimension `backend`, the shared field (one or a list), the
/// prefixes of the dotted dimensions in order of first appearance. For each backend, outermost, the
/// product of the plain dimensions in written order, then of the dotted ones of that backend; the
/// last varies fastest. `pytorch.batch_size` sets `{"pytorch": {"batch_size": …}}`, beside what is
/// there already. The explicit experiments follow, each the shared fields overridden by its own,
/// once for each backend of a list. Without dimensions and experiments, the shared fields are the
/// one experiment.
///
/// Throws `study::InputError` for a study without experiments, or with more than
/// `kMaxConfigurations`; for a backend that is not text, dimensions that contradict each other, and
/// a dotted one that would go into something that is no mapping.
[[nodiscard]] Expansion expand(const SweepSpec& spec);

}  // namespace host
