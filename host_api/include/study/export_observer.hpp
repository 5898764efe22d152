/// The plugin's side of the boundary: exports a `StudyObserver` from a shared library.
///
///     class Printer final : public study::StudyObserver {
///      public:
///       Printer(study::PluginHost host, const boost::json::object& options);
///       …
///     };
///
///     STUDY_EXPORT_OBSERVER(Printer, .name = "printer", .version = "1.0.0",
///                           .description = "Prints each transition.",
///                           .options_schema = R"({"properties": {"prefix": {"type": "string"}}})")
///
/// Use it once in a library, in a .cpp file at namespace scope, and link with the version script
/// that `study_add_observer()` of the CMake package applies, so that nothing else is exported.
///
/// Put a new build in place by renaming it (`mv`), not with `cp`: that writes into the file which
/// hosts have mapped, and kills every one that has the plugin loaded.
#pragma once

#include <study/abi.h>
#include <study/error.hpp>
#include <study/log.hpp>
#include <study/observer.hpp>

#include <concepts>
#include <memory>
#include <string_view>
#include <type_traits>

#include <boost/json/object.hpp>

namespace study {

/// The host as a plugin sees it. Cheap to copy, valid as long as the observer.
class PluginHost {
 public:
  explicit PluginHost(const study_host& host) : host_(&host) {}

  /// [any-thread] Writes to the host's log, which adds the plugin's name. Never throws.
  void log(LogSeverity severity, std::string_view text,
           std::string_view channel = {}) const noexcept;

  [[nodiscard]] std::string_view name() const { return {host_->name.data, host_->name.size}; }
  [[nodiscard]] std::string_view version() const {
    return {host_->version.data, host_->version.size};
  }

 private:
  const study_host* host_;
};

/// What a plugin says of itself. Views of string literals.
struct PluginDescription {
  std::string_view name;
  std::string_view version;
  std::string_view description;
  std::string_view options_schema = "{}";
};

/// An observer that a plugin can export. Its constructor gets options that satisfy the schema; it
/// throws `InputError` for those that are wrong all the same.
template <class Observer>
concept ExportableObserver = std::derived_from<Observer, StudyObserver> &&
    std::constructible_from<Observer, PluginHost, const boost::json::object&>;

namespace export_detail {

using Factory = std::unique_ptr<StudyObserver> (*)(PluginHost host,
                                                   const boost::json::object& options);

/// What the observer overrides; else the plugin doesn't offer it.
struct Offers {
  bool experiments_added = false;
  bool attempts = false;
  bool studies = false;
};

/// Answers the handshake. `Factory` and description are registered on the first call, the table is
/// a static.
[[nodiscard]] const study_observer_plugin* plugin_table(uint32_t host_abi_major, Factory factory,
                                                        const PluginDescription& description,
                                                        Offers offers) noexcept;

template <class Observer>
inline constexpr Offers kOffers{
    .experiments_added = !std::is_same_v<decltype(&Observer::on_experiments_added),
                                         decltype(&StudyObserver::on_experiments_added)>,
    .attempts = !std::is_same_v<decltype(&Observer::read_attempts),
                                decltype(&StudyObserver::read_attempts)>,
    .studies =
        !std::is_same_v<decltype(&Observer::list_studies), decltype(&StudyObserver::list_studies)>};

template <ExportableObserver Observer>
std::unique_ptr<StudyObserver> make(PluginHost host, const boost::json::object& options) {
  return std::make_unique<Observer>(host, options);
}

}  // namespace export_detail
}  // namespace study

/// Exports `Observer`; the rest are the designated members of `PluginDescription`.
#define STUDY_EXPORT_OBSERVER(Observer, ...)                                                 \
  extern "C" __attribute__((visibility("default"))) const study_observer_plugin*             \
  study_observer_plugin_v1(uint32_t host_abi_major, uint32_t /*host_abi_minor*/) {           \
    return ::study::export_detail::plugin_table(                                             \
        host_abi_major, &::study::export_detail::make<Observer>,                             \
        ::study::PluginDescription{__VA_ARGS__}, ::study::export_detail::kOffers<Observer>); \
  }
