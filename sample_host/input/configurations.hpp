/// The configurations of a study, held as what they have in common and what each of them sets.
#pragma once

#include <study/study_config.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace host {

/// A field that a configuration sets over its shared ones.
struct Setting {
  std::string key;
  boost::json::value value;
  bool is_nested = false;  ///< a dot in the key leads into a nested field
  bool is_merged = false;  ///< without nesting, too: a mapping is merged into the one that is there
};

/// Sets it in `config`: a plain key replaces what is there; a nested one goes down through the
/// mappings, in the place of whatever else is on its way, and a mapping as its value is merged.
void apply(const Setting& setting, boost::json::object& config);

/// A list of configurations. A shared value, or one that a dimension sets, is there once, however
/// many configurations have it; each of them is made when it is asked for.
class Configurations {
 public:
  using SettingId = std::uint32_t;

  /// Fields that configurations can begin with.
  std::size_t add_shared(boost::json::object fields);
  SettingId add_setting(Setting setting);
  /// A configuration: `shared` as `add_shared` has numbered it, then the settings in their order.
  void add(std::size_t shared, std::span<const SettingId> settings);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// Makes the configuration. Linear in its size.
  [[nodiscard]] boost::json::object operator[](std::size_t index) const;

  /// The same configurations with what they share held once; what each of them has of its own is in
  /// one arena.
  [[nodiscard]] std::vector<study::Experiment> experiments() const;

  /// As `add_shared` has numbered it.
  [[nodiscard]] std::size_t shared_index(std::size_t index) const { return entries_[index].shared; }
  [[nodiscard]] std::span<const SettingId> settings_of(std::size_t index) const;

  [[nodiscard]] const Setting& setting(SettingId id) const { return settings_[id].setting; }

  /// An empty list with the same shared fields and settings, by the same numbers.
  [[nodiscard]] Configurations without_configurations() const;

  /// What all of them come to when each is made, in bytes of texts and values.
  [[nodiscard]] std::uint64_t made_bytes() const { return made_bytes_; }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = boost::json::object;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = boost::json::object;

    Iterator(const Configurations& of, std::size_t index) : of_(&of), index_(index) {}
    boost::json::object operator*() const { return (*of_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const Configurations* of_;
    std::size_t index_;
  };
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size()}; }

 private:
  struct Shared {
    boost::json::object fields;
    std::uint64_t bytes;
  };
  struct Kept {
    Setting setting;
    std::uint64_t bytes;
  };
  struct Entry {
    std::uint32_t shared;
    std::uint32_t n_settings;
    std::size_t first_setting;  ///< in `setting_ids_`
  };

  std::deque<Shared> shared_;
  std::deque<Kept> settings_;
  std::vector<SettingId> setting_ids_;
  std::vector<Entry> entries_;
  std::uint64_t made_bytes_ = 0;
};

}  // namespace host
