#include "base/field_reader.hpp"

#include "base/format.hpp"

#include <study/text.hpp>

#include <algorithm>

namespace study {
namespace {

constexpr std::size_t kMaxShownBytes = 60;

std::string describe(const Node& node) {
  if (std::holds_alternative<Node::Sequence>(node.value)) return "a list";
  if (std::holds_alternative<Node::Mapping>(node.value)) return "a mapping";
  const auto* text = std::get_if<std::string>(&node.value);
  if (text == nullptr) return node.text.empty() ? "null" : node.text;
  const std::string_view shown = truncate_utf8(*text, kMaxShownBytes);
  return study::format("the text '{}{}'", shown, shown.size() < text->size() ? "…" : "");
}

}  // namespace

std::string FieldReader::where() const {
  return *source_ + ":" + std::to_string(line_);
}

void FieldReader::fail(std::string_view what) const {
  refuse_input(study::format("{}: {}{}{}", where(), path_, path_.empty() ? "" : ": ", what));
}

void FieldReader::fail_expected(std::string_view expected) const {
  fail(study::format("must be {}, but is {}", expected, describe(*node_)));
}

void FieldReader::fail_unknown_key(std::span<const std::string_view> known) const {
  const std::string parent =
      path_.size() > key_.size() ? " in " + path_.substr(0, path_.size() - key_.size() - 1) : "";
  std::string message = where() + ": unknown key '" + key_ + "'" + parent;
  const std::string_view nearest = nearest_name(key_, known);
  if (!nearest.empty()) refuse_input(study::format("{}; did you mean '{}'?", message, nearest));
  message += "; known are";
  for (const std::string_view name : known) {
    message += (name == known.front() ? " " : ", ") + std::string(name);
  }
  refuse_input(message);
}

const std::string& FieldReader::text() const {
  const auto* text = std::get_if<std::string>(&node_->value);
  if (text == nullptr) {
    const bool is_scalar = !is_list() && !is_mapping() && !is_null();
    fail_expected(is_scalar ? "text (put it in quotes)" : "text");
  }
  if (text->empty()) fail("must not be empty");
  return *text;
}

const std::string& FieldReader::system_text() const {
  const std::string& result = text();
  if (result.find('\0') != std::string::npos) fail("must not contain a null character");
  return result;
}

bool FieldReader::boolean() const {
  if (const auto* value = std::get_if<bool>(&node_->value)) return *value;
  fail_expected("true or false");
}

std::int64_t FieldReader::integer(std::int64_t least, std::int64_t most) const {
  const auto* value = std::get_if<std::int64_t>(&node_->value);
  if (value == nullptr || *value < least || *value > most) {
    fail_expected(study::format("a whole number from {} to {}", least, most));
  }
  return *value;
}

std::uint64_t FieldReader::unsigned_integer() const {
  if (const auto* large = std::get_if<std::uint64_t>(&node_->value)) return *large;
  const auto* const value = std::get_if<std::int64_t>(&node_->value);
  if (value == nullptr || *value < 0)
    fail_expected("a whole number from 0 to 18446744073709551615");
  return static_cast<std::uint64_t>(*value);
}

double FieldReader::number() const {
  if (const auto* value = std::get_if<double>(&node_->value)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&node_->value)) {
    return static_cast<double>(*value);
  }
  if (const auto* value = std::get_if<std::uint64_t>(&node_->value)) {
    return static_cast<double>(*value);
  }
  fail_expected("a number");
}

std::vector<FieldReader> FieldReader::members() const {
  const auto* mapping = std::get_if<Node::Mapping>(&node_->value);
  if (mapping == nullptr) fail_expected("a mapping");
  std::vector<FieldReader> out;
  out.reserve(mapping->size());
  for (const Member& member : *mapping) {
    FieldReader& reader = out.emplace_back(FieldReader(*this, member.value, member.key_line));
    reader.key_ = member.key;
    reader.path_ = path_.empty() ? member.key : path_ + "." + member.key;
  }
  return out;
}

std::vector<FieldReader> FieldReader::members(std::span<const std::string_view> known) const {
  std::vector<FieldReader> out = members();
  for (const FieldReader& member : out) {
    if (std::find(known.begin(), known.end(), member.key_) == known.end()) {
      member.fail_unknown_key(known);
    }
  }
  return out;
}

std::vector<FieldReader> FieldReader::elements() const {
  const auto* sequence = std::get_if<Node::Sequence>(&node_->value);
  if (sequence == nullptr) fail_expected("a list");
  std::vector<FieldReader> out;
  out.reserve(sequence->size());
  for (const Node& element : *sequence) {
    FieldReader& reader = out.emplace_back(FieldReader(*this, element, element.line));
    reader.key_ = '[' + std::to_string(out.size() - 1) + ']';
    reader.path_ = path_ + reader.key_;
  }
  return out;
}

const FieldReader* find_given(const std::vector<FieldReader>& members, std::string_view key) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [key](const FieldReader& member) { return member.key() == key; });
  return found == members.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace study
