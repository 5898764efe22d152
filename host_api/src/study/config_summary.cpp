#include "study/summarizer.hpp"
#include "study/well_known.hpp"

#include <study/config_summary.hpp>
#include <study/flatten.hpp>
#include <study/identity.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <utility>

namespace study {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::size_t kMaxModelCharacters = 30;
constexpr std::size_t kEnoughBytes = (kMaxConfigSummaryCharacters + 1) * 4;  // UTF-8
constexpr std::string_view kSeparator = " / ";

/// The same text in canonical form, without making it where that can be helped.
bool same_value(const value& a, const value& b) {
  if (a.kind() == b.kind() && a.is_string()) return a.get_string() == b.get_string();
  if (a.is_structured() || a.is_double() || b.is_double()) {
    return canonical_json(a) == canonical_json(b);
  }
  return a == b;
}

std::string_view last_part(std::string_view text, char separator) {
  const std::string_view part = text.substr(text.rfind(separator) + 1);
  return part.empty() ? text : part;
}

/// At most `max_characters` code points. Cut text ends with `ending`, which counts as one if it is
/// not empty.
void cut(std::string& text, std::size_t max_characters, std::string_view ending) {
  std::size_t characters = 0;
  std::size_t kept = 0;  // where the text would end that leaves room for the ending
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!begins_code_point(text[i])) continue;
    if (characters == max_characters - (ending.empty() ? 0 : 1)) kept = i;
    if (characters == max_characters) {
      text.resize(kept);
      text += ending;
      return;
    }
    ++characters;
  }
}

/// Appends one line of valid UTF-8. What exceeds a summary anyhow is not even copied.
void append_line(std::string& out, std::string_view text) {
  text = truncate_utf8(text, kEnoughBytes);
  const std::size_t begin = out.size();
  const bool is_ascii = std::all_of(text.begin(), text.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  out += is_ascii ? text : to_valid_utf8(text);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), is_control, ' ');
}

/// Strings bare, everything else as JSON.
void append_shown(std::string& out, const value& what) {
  if (what.is_string()) return append_line(out, what.get_string());
  std::string text;
  JsonWriter(text, JsonStyle{.sorted = false, .ascii = false, .spaced = true}).write(what);
  append_line(out, text);
}

}  // namespace

void Summarizer::see(const object& config) {
  const auto take = [&](std::string_view name, const value& leaf) { see_leaf(name, leaf); };
  flatten(config, take, path_);
  ++config_count_;
  see_model(config);
  if (is_llem_release(config)) {
    own_segments_.insert(well_known_key(config, "backend"));
    own_segments_.insert(well_known_key(config, "precision"));
    model_keys_.insert(well_known_key(config, "model"));
  }
  is_labelled_ = false;
}

std::string Summarizer::summarize(const object& config) {
  if (!is_labelled_) choose_labels();
  text_.clear();
  append_field(config, "backend");
  append_segment([&] { append_what_varies(config); }) ||
      append_segment([&] { append_model(config); });
  append_segment([&] { append_field(config, "precision"); });
  if (text_.empty()) text_ = "experiment";
  cut(text_, kMaxConfigSummaryCharacters, "…");
  return std::string(text_);  // a copy has no spare capacity
}

void Summarizer::see_leaf(std::string_view name, const value& leaf) {
  const auto found = index_.find(name);
  if (found == index_.end()) {
    Key& key = keys_.emplace_back(Key{std::string(name), value(leaf, {}), config_count_, 1});
    index_.emplace(key.name, keys_.size() - 1);
    return;
  }
  Key& key = keys_[found->second];
  if (key.last_config != config_count_) ++key.config_count;  // "a.b" beside {"a": {"b": …}}
  key.last_config = config_count_;
  key.differs = key.differs || !same_value(key.first_value, leaf);
}

void Summarizer::see_model(const object& config) {
  const value* const model = well_known(config, "model");
  if (whole_models_ || model == nullptr || !model->is_string()) return;
  const std::string_view name = model->get_string();
  const auto known = models_.find(last_part(name, '/'));
  if (known == models_.end()) {
    models_.emplace(last_part(name, '/'), name);
  } else if (known->second != name) {
    whole_models_ = true;
  }
}

void Summarizer::choose_labels() {
  std::unordered_map<std::string_view, std::size_t> uses;
  for (Key& key : keys_) {
    key.varies =
        (key.differs || key.config_count < config_count_) && !own_segments_.contains(key.name);
    if (key.varies) ++uses[last_part(key.name, '.')];
  }
  for (Key& key : keys_) {
    const std::string_view part = last_part(key.name, '.');
    key.label = key.varies && uses[part] == 1 ? part : std::string_view(key.name);
  }
  is_labelled_ = true;
}

template <typename Append>
bool Summarizer::append_segment(const Append& append) {
  const std::size_t before = text_.size();
  if (before > 0) text_ += kSeparator;
  const std::size_t begin = text_.size();
  append();
  if (text_.size() > begin) return true;
  text_.resize(before);
  return false;
}

void Summarizer::append_field(const object& config, std::string_view name) {
  const value* const field = well_known(config, name);
  if (field != nullptr && !field->is_null()) append_shown(text_, *field);
}

void Summarizer::append_what_varies(const object& config) {
  varying_.clear();
  const auto take = [&](std::string_view name, const value& leaf) {
    const auto found = index_.find(name);
    if (found != index_.end() && keys_[found->second].varies) {
      varying_.emplace_back(found->second, &leaf);
    }
  };
  flatten(config, take, path_);
  std::sort(varying_.begin(), varying_.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string_view separator;
  for (const auto& [index, leaf] : varying_) {
    if (text_.size() > kEnoughBytes) return;
    const Key& key = keys_[index];
    text_ += std::exchange(separator, ", ");
    append_line(text_, key.label);
    text_ += '=';
    if (model_keys_.contains(key.name) && leaf->is_string() && !whole_models_) {
      append_line(text_, last_part(leaf->get_string(), '/'));
    } else {
      append_shown(text_, *leaf);
    }
  }
}

void Summarizer::append_model(const object& config) {
  std::string before = std::exchange(text_, {});
  append_field(config, "model");
  for (char& c : text_) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '/') c = '-';
  }
  cut(text_, kMaxModelCharacters, "");
  text_.insert(0, before);
}

std::vector<std::string> config_summaries(std::span<const object* const> configs) {
  Summarizer summarizer;
  for (const object* const config : configs) summarizer.see(*config);
  std::vector<std::string> summaries;
  summaries.reserve(configs.size());
  for (const object* const config : configs) summaries.push_back(summarizer.summarize(*config));
  return summaries;
}

}  // namespace study
