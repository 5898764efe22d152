#include "input/sweep.hpp"

#include "base/format.hpp"
#include "input/document.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include <boost/json/serialize.hpp>

namespace host {
namespace {

namespace json = boost::json;

/// Absent: the experiment's `backend` stays as the fields have it.
using Backend = std::optional<std::string>;

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  refuse_input(where + ": " + what);
}

bool is_dotted(const Dimension& dimension) {
  return dimension.key.find('.') != std::string::npos;
}

std::string_view prefix_of(std::string_view key) {
  return key.substr(0, key.find('.'));
}

void check_dimensions(std::span<const Dimension> dimensions) {
  for (const Dimension& dimension : dimensions) {
    const std::string& key = dimension.key;
    if (key.empty() || key.front() == '.' || key.back() == '.' ||
        key.find("..") != std::string::npos) {
      fail(dimension.where,
           study::format("sweep: the dimension '{}' has an empty name between its dots", key));
    }
    for (const Dimension& outer : dimensions) {
      if (key.size() > outer.key.size() && key.starts_with(outer.key + ".")) {
        fail(
            dimension.where,
            study::format("sweep: the dimension '{}' sets a part of what '{}' sets as a whole ({})",
                          key, outer.key, outer.where));
      }
    }
  }
}

std::string backend_name(const json::value& value, const std::string& where) {
  const json::string* name = value.if_string();
  if (name == nullptr || name->empty()) {
    fail(where,
         "backend: must be text or a list of texts, but has the value " + json::serialize(value));
  }
  return {name->data(), name->size()};
}

// The backends that these fields ask for; nothing where they say nothing of it.
std::vector<Backend> backends_of(const json::object& fields, const std::string& where) {
  const json::value* value = fields.if_contains("backend");
  if (value == nullptr || value->is_null()) return {};
  std::vector<Backend> backends;
  if (!value->is_array()) {
    backends.emplace_back(backend_name(*value, where));
    return backends;
  }
  if (value->get_array().empty()) fail(where, "backend: the list is empty; name at least one");
  for (const json::value& element : value->get_array()) {
    backends.emplace_back(backend_name(element, where));
  }
  return backends;
}

std::vector<Backend> backends_of_sweep(const SweepSpec& spec) {
  std::vector<Backend> backends;
  const auto own = std::find_if(spec.dimensions.begin(), spec.dimensions.end(),
                                [](const Dimension& d) { return d.key == "backend"; });
  if (own != spec.dimensions.end()) {
    for (const json::value& value : own->values) {
      backends.emplace_back(backend_name(value, own->where));
    }
    return backends;
  }
  backends = backends_of(spec.shared, spec.shared_where);
  if (!backends.empty()) return backends;
  for (const Dimension& dimension : spec.dimensions) {
    if (!is_dotted(dimension)) continue;
    const Backend prefix(prefix_of(dimension.key));
    if (std::find(backends.begin(), backends.end(), prefix) == backends.end()) {
      backends.push_back(prefix);
    }
  }
  if (backends.empty()) backends.emplace_back();
  return backends;
}

// In the order in which they vary, the slowest first.
std::vector<const Dimension*> dimensions_for(const SweepSpec& spec, const Backend& backend) {
  std::vector<const Dimension*> out;
  for (const Dimension& dimension : spec.dimensions) {
    if (!is_dotted(dimension) && dimension.key != "backend") out.push_back(&dimension);
  }
  for (const Dimension& dimension : spec.dimensions) {
    if (is_dotted(dimension) && backend && prefix_of(dimension.key) == *backend) {
      out.push_back(&dimension);
    }
  }
  return out;
}

void merge_into(json::value& target, const json::value& value) {
  if (!target.is_object() || !value.is_object()) {
    target = value;
    return;
  }
  for (const auto& field : value.get_object()) {
    merge_into(target.get_object()[field.key()], field.value());
  }
}

void set_nested(json::object& config, const Dimension& dimension, const json::value& value) {
  std::string_view rest = dimension.key;
  json::object* target = &config;
  for (std::size_t dot = rest.find('.'); dot != rest.npos; dot = rest.find('.')) {
    json::value& next = (*target)[rest.substr(0, dot)];
    if (next.is_null()) next.emplace_object();
    if (!next.is_object()) {
      fail(dimension.where,
           study::format("sweep.{}: the field '{}' is no mapping, but {}", dimension.key,
                         dimension.key.substr(0, dimension.key.size() - rest.size() + dot),
                         json::serialize(next)));
    }
    target = &next.get_object();
    rest.remove_prefix(dot + 1);
  }
  merge_into((*target)[rest], value);
}

void set(json::object& config, const Dimension& dimension, const json::value& value) {
  if (is_dotted(dimension)) {
    set_nested(config, dimension, value);
  } else {
    config[dimension.key] = value;
  }
}

void append_product(const SweepSpec& spec, const Backend& backend,
                    std::vector<json::object>& configs) {
  const std::vector<const Dimension*> dimensions = dimensions_for(spec, backend);
  std::vector<std::size_t> at(dimensions.size(), 0);
  while (true) {
    json::object& config = configs.emplace_back(spec.shared);
    if (backend) config["backend"] = *backend;
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
      set(config, *dimensions[i], dimensions[i]->values[at[i]]);
    }
    std::size_t i = dimensions.size();
    while (i > 0 && ++at[i - 1] == dimensions[i - 1]->values.size()) at[--i] = 0;
    if (i == 0) return;
  }
}

void append_explicit(const SweepSpec& spec, const ExplicitExperiment& experiment,
                     std::vector<json::object>& configs) {
  json::object fields = spec.shared;
  for (const auto& field : experiment.fields) fields[field.key()] = field.value();
  if (fields.empty()) fail(experiment.where, "experiments: an experiment without any field");
  const bool is_own = experiment.fields.contains("backend");
  std::vector<Backend> backends =
      backends_of(fields, is_own ? experiment.where : spec.shared_where);
  if (backends.empty()) backends.emplace_back();
  for (const Backend& backend : backends) {
    json::object& config = configs.emplace_back(fields);
    if (backend) config["backend"] = *backend;
  }
}

constexpr std::size_t kMost = static_cast<std::size_t>(-1);

// Counts before anything is built. Saturates.
std::size_t size_of_sweep(const SweepSpec& spec, const std::vector<Backend>& backends) {
  std::size_t total = 0;
  for (const Backend& backend : backends) {
    std::size_t product = 1;
    for (const Dimension* dimension : dimensions_for(spec, backend)) {
      if (__builtin_mul_overflow(product, dimension->values.size(), &product)) return kMost;
    }
    if (__builtin_add_overflow(total, product, &total)) return kMost;
  }
  return total;
}

void check_size(const SweepSpec& spec, std::size_t n_configs) {
  if (n_configs <= kMaxConfigurations) return;
  const std::string& where =
      spec.dimensions.empty() ? spec.shared_where : spec.dimensions.front().where;
  fail(where, study::format("the study has {}{} configurations, but at most {} are allowed; take "
                            "values out of 'sweep'",
                            n_configs == kMost ? "more than " : "", n_configs, kMaxConfigurations));
}

void warn_of_unused(const SweepSpec& spec, const std::vector<Backend>& backends,
                    std::vector<std::string>& warnings) {
  for (const Dimension& dimension : spec.dimensions) {
    if (!is_dotted(dimension)) continue;
    const std::string prefix(prefix_of(dimension.key));
    if (std::find(backends.begin(), backends.end(), Backend(prefix)) != backends.end()) continue;
    warnings.push_back(study::format(
        "{}: sweep.{}: is not used, because no experiment of the sweep has the backend '{}'",
        dimension.where, dimension.key, prefix));
  }
}

}  // namespace

Expansion expand(const SweepSpec& spec) {
  check_dimensions(spec.dimensions);
  Expansion out;
  const bool is_shared_only = spec.dimensions.empty() && spec.experiments.empty();
  if (is_shared_only && spec.shared.empty()) {
    fail(
        spec.shared_where,
        "no experiments; add 'sweep' or 'experiments', or fields such as 'model' for a single one");
  }
  if (!spec.dimensions.empty() || is_shared_only) {
    const std::vector<Backend> backends = backends_of_sweep(spec);
    const std::size_t n_configs = size_of_sweep(spec, backends);
    check_size(spec, n_configs);
    warn_of_unused(spec, backends, out.warnings);
    out.configs.reserve(n_configs);
    for (const Backend& backend : backends) append_product(spec, backend, out.configs);
  }
  for (const ExplicitExperiment& experiment : spec.experiments) {
    append_explicit(spec, experiment, out.configs);
    check_size(spec, out.configs.size());
  }
  return out;
}

}  // namespace host
