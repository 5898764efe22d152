#include "input/sweep.hpp"

#include "base/format.hpp"
#include "input/backends.hpp"
#include "input/document.hpp"
#include "input/matrix.hpp"
#include "input/product.hpp"
#include "input/sweep_checks.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace host {
namespace {

namespace json = boost::json;

using SettingId = Configurations::SettingId;

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  refuse_input(where + ": " + what);
}

bool is_dotted(const Setting& setting) {
  return setting.is_nested && setting.key.find('.') != std::string::npos;
}

/// A dimension, ready to be multiplied.
struct Axis {
  struct Part {
    SettingId id;
    std::string scope;  ///< the backend that the field is for; empty: all
  };
  const Dimension* dimension;
  std::string scope;  ///< the backend that all of it is for; empty: all
  bool is_fast;       ///< varies behind all that aren't
  std::vector<std::vector<Part>> choices;
};

class Expander {
 public:
  explicit Expander(const SweepSpec& spec) : spec_(spec), names_(backend_names(spec)) {}

  Expansion expand() {
    if (spec_.dimensions.size() > kMaxDimensions) {
      fail(spec_.dimensions[kMaxDimensions].where,
           study::format("the sweep has {} dimensions; at most {} are taken",
                         spec_.dimensions.size(), kMaxDimensions));
    }
    check_dimensions(spec_.dimensions);
    check_prefixes(spec_, names_);
    const bool is_shared_only =
        spec_.dimensions.empty() && spec_.include.empty() && spec_.experiments.empty();
    if (is_shared_only && spec_.shared.empty()) {
      fail(spec_.shared_where,
           "no experiments; add 'sweep' or 'experiments', or fields such as 'model' for a single "
           "one");
    }
    shared_ = configs().add_shared(spec_.shared);
    if (!spec_.dimensions.empty() || is_shared_only) append_sweep();
    std::vector<const PartialConfiguration*> own_ones;
    out_.configs =
        exclude_and_include(std::move(out_.configs), spec_, names_, own_ones, out_.warnings);
    for (const PartialConfiguration* included : own_ones) append_explicit(*included);
    for (const PartialConfiguration& experiment : spec_.experiments) append_explicit(experiment);
    if (configs().empty()) fail(spec_.exclude.front().where, "sweep: 'exclude' leaves nothing");
    check_bytes(configs(), first_where());
    return std::move(out_);
  }

 private:
  Configurations& configs() { return out_.configs; }
  [[nodiscard]] const std::string& first_where() const {
    return spec_.dimensions.empty() ? spec_.shared_where : spec_.dimensions.front().where;
  }

  void append_sweep() {
    make_axes();
    const std::vector<Start> starts = find_starts();
    check_size(starts);
    for (const Start& start : starts) append_product(start);
    for (const Scoped& scoped : scoped_) {
      if (used_.contains(scoped.scope)) continue;
      out_.warnings.push_back(study::format(
          "{}: sweep.{}: is not used, because no experiment of the sweep has the backend '{}'",
          scoped.dimension->where, scoped.dimension->name, scoped.scope));
    }
  }

  /// What a product begins with.
  struct Start {
    std::vector<SettingId> settings;
    std::string backend;  ///< empty: none, or the sweep's
  };

  /// A dimension with fields that are for the experiments of one backend.
  struct Scoped {
    const Dimension* dimension;
    std::string scope;
  };

  void make_axes() {
    for (const Dimension& dimension : spec_.dimensions) {
      const std::string first = scope_of(dimension.choices.front().front(), names_);
      Axis axis{&dimension, first, false, {}};
      for (const std::vector<Setting>& choice : dimension.choices) {
        auto& parts = axis.choices.emplace_back();
        for (const Setting& setting : choice) {
          check_path(dimension, setting, spec_.shared);
          std::string scope = scope_of(setting, names_);
          if (scope != first) axis.scope.clear();
          remember_scope(dimension, scope);
          parts.push_back({configs().add_setting(setting), std::move(scope)});
        }
        sets_backend_ = sets_backend_ || sets_backend(choice);
      }
      axis.is_fast =
          dimension.is_group ? !axis.scope.empty() : is_dotted(dimension.choices.front().front());
      axes_.push_back(std::move(axis));
    }
  }

  /// Once for each dimension and backend.
  void remember_scope(const Dimension& dimension, const std::string& scope) {
    const auto is_known = [&](const Scoped& known) {
      return known.dimension == &dimension && known.scope == scope;
    };
    if (scope.empty() || std::any_of(scoped_.begin(), scoped_.end(), is_known)) return;
    scoped_.push_back({&dimension, scope});
  }

  static bool sets_backend(const std::vector<Setting>& choice) {
    return std::any_of(choice.begin(), choice.end(),
                       [](const Setting& setting) { return setting.key == "backend"; });
  }

  std::vector<Start> find_starts() {
    const json::value* const field = spec_.shared.if_contains("backend");
    const std::vector<Backend> given = backends_of(field, spec_.shared_where);
    const bool is_list = field != nullptr && field->is_array();
    if (sets_backend_) return {Start{{}, is_list || given.empty() ? "" : *given.front()}};
    std::vector<Start> starts;
    if (is_list) {
      for (const Backend& backend : given) starts.push_back(start_with(*backend));
      return starts;
    }
    for (const Scoped& scoped : scoped_) {
      const auto is_same = [&](const Start& start) { return start.backend == scoped.scope; };
      if (std::any_of(starts.begin(), starts.end(), is_same)) continue;
      starts.push_back(start_with(scoped.scope));
      if (!given.empty() && *given.front() != scoped.scope) warn_of_other(scoped, *given.front());
    }
    if (starts.empty()) starts.push_back(Start{{}, given.empty() ? "" : *given.front()});
    return starts;
  }

  Start start_with(const std::string& backend) {
    return {{configs().add_setting({"backend", json::value(backend), false})}, backend};
  }

  void warn_of_other(const Scoped& scoped, const std::string& given) {
    out_.warnings.push_back(
        study::format("{}: sweep.{}: makes experiments with the backend '{}', although the "
                      "study's 'backend' is '{}'",
                      scoped.dimension->where, scoped.dimension->name, scoped.scope, given));
  }

  [[nodiscard]] std::vector<const Axis*> slow_axes() const {
    std::vector<const Axis*> out;
    for (const Axis& axis : axes_) {
      if (!axis.is_fast) out.push_back(&axis);
    }
    return out;
  }

  [[nodiscard]] std::vector<const Axis*> fast_axes(const std::string& backend) const {
    std::vector<const Axis*> out;
    for (const Axis& axis : axes_) {
      if (axis.is_fast && (axis.scope.empty() || axis.scope == backend)) out.push_back(&axis);
    }
    return out;
  }

  /// The backend of what begins with `start` and has made these choices.
  [[nodiscard]] std::string backend_of(const Start& start, const std::vector<const Axis*>& axes,
                                       const std::vector<std::size_t>& at) const {
    std::string backend = start.backend;
    for (std::size_t i = 0; sets_backend_ && i < axes.size(); ++i) {
      for (const Setting& setting : axes[i]->dimension->choices[at[i]]) {
        if (setting.key != "backend") continue;
        backend = setting.value.is_string() ? std::string(setting.value.get_string()) : "";
      }
    }
    return backend;
  }

  /// Counts before anything is built. Saturates.
  [[nodiscard]] std::size_t size_of(const Start& start) const {
    std::vector<const Axis*> others = slow_axes();
    const auto own = std::find_if(others.begin(), others.end(), [](const Axis* axis) {
      const auto& choices = axis->dimension->choices;
      return std::any_of(choices.begin(), choices.end(), sets_backend);
    });
    std::vector<const Axis*> deciding;
    if (own != others.end()) {
      deciding.push_back(*own);
      others.erase(own);
    }
    std::size_t inner = 0;
    for_each_combination(sizes_of(deciding), [&](const std::vector<std::size_t>& at) {
      const std::size_t fast = product_of(sizes_of(fast_axes(backend_of(start, deciding, at))));
      if (__builtin_add_overflow(inner, fast, &inner)) inner = kUncountable;
    });
    return product_of(product_of(sizes_of(others)), inner);
  }

  void check_size(const std::vector<Start>& starts) const {
    std::size_t total = 0;
    for (const Start& start : starts) {
      if (__builtin_add_overflow(total, size_of(start), &total)) total = kUncountable;
    }
    check_number(total, first_where());
  }

  void append_product(const Start& start) {
    const std::vector<const Axis*> slow = slow_axes();
    for_each_combination(sizes_of(slow), [&](const std::vector<std::size_t>& at_slow) {
      const std::string backend = backend_of(start, slow, at_slow);
      used_.insert(backend);
      const std::vector<const Axis*> fast = fast_axes(backend);
      for_each_combination(sizes_of(fast), [&](const std::vector<std::size_t>& at_fast) {
        settings_ = start.settings;
        append_choices(slow, at_slow, backend);
        append_choices(fast, at_fast, backend);
        configs().add(shared_, settings_);
      });
    });
  }

  void append_choices(const std::vector<const Axis*>& axes, const std::vector<std::size_t>& at,
                      const std::string& backend) {
    for (std::size_t i = 0; i < axes.size(); ++i) {
      for (const Axis::Part& part : axes[i]->choices[at[i]]) {
        if (part.scope.empty() || part.scope == backend) settings_.push_back(part.id);
      }
    }
  }

  void append_explicit(const PartialConfiguration& experiment) {
    if (experiment.settings.empty() && spec_.shared.empty()) {
      fail(experiment.where, "experiments: an experiment without any field");
    }
    settings_.clear();
    const json::value* field = spec_.shared.if_contains("backend");
    bool is_own = false;
    for (const Setting& setting : experiment.settings) {
      settings_.push_back(configs().add_setting(setting));
      if (setting.key != "backend") continue;
      field = &setting.value;
      is_own = true;
    }
    const std::vector<Backend> backends =
        backends_of(field, is_own ? experiment.where : spec_.shared_where);
    if (field == nullptr || !field->is_array()) {
      configs().add(shared_, settings_);
    } else {
      for (const Backend& backend : backends) {
        const Start start = start_with(*backend);
        settings_.push_back(start.settings.front());
        configs().add(shared_, settings_);
        settings_.pop_back();
      }
    }
    check_number(configs().size(), first_where());
  }

  const SweepSpec& spec_;
  BackendNames names_;
  Expansion out_;
  std::size_t shared_ = 0;  ///< its number in the configurations
  std::vector<Axis> axes_;
  std::vector<Scoped> scoped_;  ///< in order of first appearance
  bool sets_backend_ = false;   ///< the sweep does
  BackendNames used_;
  std::vector<SettingId> settings_;  ///< of the configuration that is being made
};

}  // namespace

Expansion expand(const SweepSpec& spec) {
  return Expander(spec).expand();
}

}  // namespace host
