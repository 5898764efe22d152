#include "input/configurations.hpp"

#include <map>
#include <memory>
#include <set>
#include <utility>

#include <boost/json/monotonic_resource.hpp>

namespace host {
namespace {

namespace json = boost::json;

/// Of a made value: its texts, and what Boost.JSON keeps for each value.
std::uint64_t bytes_of(const json::value& value) {
  constexpr std::uint64_t kValueBytes = sizeof(json::value);
  if (const json::string* text = value.if_string()) return kValueBytes + text->size();
  std::uint64_t bytes = kValueBytes;
  if (const json::array* array = value.if_array()) {
    for (const json::value& element : *array) bytes += bytes_of(element);
  } else if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) {
      bytes += sizeof(json::key_value_pair) + member.key().size() + bytes_of(member.value());
    }
  }
  return bytes;
}

}  // namespace

void apply(const Setting& setting, json::object& config) {
  std::string_view rest = setting.key;
  if (!setting.is_nested || rest.find('.') == std::string_view::npos) {
    if (setting.is_merged) return study::merge_into(config[rest], setting.value);
    config[rest] = setting.value;
    return;
  }
  json::object* target = &config;
  for (std::size_t dot = rest.find('.'); dot != rest.npos; dot = rest.find('.')) {
    json::value& next = (*target)[rest.substr(0, dot)];
    if (!next.is_object()) next.emplace_object();
    target = &next.get_object();
    rest.remove_prefix(dot + 1);
  }
  study::merge_into((*target)[rest], setting.value);
}

std::size_t Configurations::add_shared(json::object fields) {
  const std::uint64_t bytes = bytes_of(fields);
  shared_.push_back({std::move(fields), bytes});
  return shared_.size() - 1;
}

Configurations::SettingId Configurations::add_setting(Setting setting) {
  const std::uint64_t bytes =
      sizeof(json::key_value_pair) + setting.key.size() + bytes_of(setting.value);
  settings_.push_back({std::move(setting), bytes});
  return static_cast<SettingId>(settings_.size() - 1);
}

void Configurations::add(std::size_t shared, std::span<const SettingId> settings) {
  entries_.push_back({static_cast<std::uint32_t>(shared),
                      static_cast<std::uint32_t>(settings.size()), setting_ids_.size()});
  setting_ids_.insert(setting_ids_.end(), settings.begin(), settings.end());
  made_bytes_ += shared_[shared].bytes;
  for (const SettingId id : settings) made_bytes_ += settings_[id].bytes;
}

std::span<const Configurations::SettingId> Configurations::settings_of(std::size_t index) const {
  const Entry& entry = entries_[index];
  return std::span(setting_ids_).subspan(entry.first_setting, entry.n_settings);
}

Configurations Configurations::without_configurations() const {
  Configurations out;
  out.shared_ = shared_;
  out.settings_ = settings_;
  return out;
}

namespace {

/// What configurations share, once for each set of fields that some of them replace: there it is
/// null, which keeps the place of the field, since a mapping would be merged into what is there.
class SharedFieldsMaker {
 public:
  using Replaced = std::set<std::string_view>;

  std::shared_ptr<const json::object> make(std::size_t index, const json::object& fields,
                                           const Replaced& replaced) {
    auto& made = made_[{index, replaced}];
    if (made) return made;
    json::object copy = fields;
    for (const std::string_view key : replaced) copy[key] = nullptr;
    return made = std::make_shared<const json::object>(std::move(copy));
  }

 private:
  std::map<std::pair<std::size_t, Replaced>, std::shared_ptr<const json::object>> made_;
};

/// Whether the setting puts its value in the place of a mapping that is there.
bool replaces_mapping(const Setting& setting, const json::object& fields) {
  if (setting.is_merged || (setting.is_nested && setting.key.find('.') != setting.key.npos)) {
    return false;
  }
  const json::value* const there = fields.if_contains(setting.key);
  return there != nullptr && there->is_object();
}

}  // namespace

std::vector<study::Experiment> Configurations::experiments() const {
  const auto arena = json::make_shared_resource<json::monotonic_resource>();
  SharedFieldsMaker maker;
  std::vector<study::Experiment> experiments;
  experiments.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) {
    const json::object& shared = shared_[entries_[i].shared].fields;
    SharedFieldsMaker::Replaced replaced;
    json::object own(arena);
    own.reserve(settings_of(i).size());  // an arena keeps what an object outgrows
    for (const SettingId id : settings_of(i)) {
      const Setting& setting = settings_[id].setting;
      if (replaces_mapping(setting, shared)) replaced.insert(setting.key);
      apply(setting, own);
    }
    experiments.push_back(
        {.config = std::move(own), .shared = maker.make(entries_[i].shared, shared, replaced)});
  }
  return experiments;
}

json::object Configurations::operator[](std::size_t index) const {
  json::object config = shared_[entries_[index].shared].fields;
  for (const SettingId id : settings_of(index)) apply(settings_[id].setting, config);
  return config;
}

}  // namespace host
