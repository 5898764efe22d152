/// From shared fields, dimensions and explicit experiments to the list of configurations.
#pragma once

#include "input/configurations.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace host {

/// More configurations than this are taken for a mistake in the sweep.
inline constexpr std::size_t kMaxConfigurations = 1'000'000;
/// More dimensions than this, too: each is looked at for each of the others.
inline constexpr std::size_t kMaxDimensions = 1000;
/// What all configurations may come to, each with its shared fields: observers are told of each.
inline constexpr std::uint64_t kMaxConfigurationBytes = std::uint64_t{4} << 30;

/// One axis of the product. A group of `zip` sets several fields together.
struct Dimension {
  std::string name;   ///< for messages: its key, or `zip[0]`
  std::string where;  ///< for messages: `study.yaml:12`
  bool is_group = false;
  std::vector<std::vector<Setting>> choices;  ///< not empty; of a dimension with one setting each
};

/// A part of a configuration, which `exclude`, `include` or `experiments` name.
struct PartialConfiguration {
  std::vector<Setting> settings;
  std::string name;   ///< for messages: `sweep.exclude[0]`
  std::string where;  ///< for messages: `study.yaml:12`
};

/// What a study file says of its experiments.
struct SweepSpec {
  boost::json::object shared;         ///< fields of every experiment; `backend` may be a list
  std::string shared_where;           ///< where the `backend` of `shared` is, else the study file
  std::vector<std::string> backends;  ///< names of some, besides those that `backend` takes
  std::vector<Dimension> dimensions;  ///< in written order
  std::vector<PartialConfiguration> exclude;
  std::vector<PartialConfiguration> include;
  std::vector<PartialConfiguration> experiments;
};

struct Expansion {
  Configurations configs;  ///< those of the sweep first; not deduplicated
  std::vector<std::string> warnings;
};

/// Expands the sweep.
///
/// Plain dimensions (a key without a dot, a group of `zip`) vary slowest, in written order, then
/// the dotted ones in theirs; the last varies fastest. A dotted key sets a nested field beside what
/// is there. If its first part is a backend, the dimension is only for the experiments with that
/// one. Backends are `pytorch`, `vllm`, `tensorrt`, those of `SweepSpec::backends` and the values
/// of `backend`.
///
/// Backends of the sweep are the values of a dimension `backend`, which varies at its own place;
/// else those of a shared list; else the first parts of dotted keys that are backends, in order of
/// first appearance, be the shared field another one; else that of the shared field. But for a
/// dimension, they vary slowest of all.
///
/// `exclude` and `include` mean what they do in GitHub's matrices: an excluded combination is one
/// that has all those values; what is included is added to each combination that it doesn't
/// contradict in a value of the product, and is one of its own where there is none.
///
/// The explicit experiments follow, each the shared fields overridden by its own, once for each
/// backend of a list. Without dimensions, inclusions and experiments, the shared fields are the one
/// experiment.
///
/// Throws `study::InputError` for a study without experiments, or with more than `kMaxDimensions`,
/// `kMaxConfigurations` or `kMaxConfigurationBytes`; for a backend that is not text, dimensions
/// that contradict each other, a dotted one that would go into something that is no mapping, and a
/// first part that is nearly a backend.
[[nodiscard]] Expansion expand(const SweepSpec& spec);

}  // namespace host
