/// A configuration as dotted keys: `{"pytorch": {"batch_size": 4}}` is `pytorch.batch_size`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace study {

/// Calls `visit(std::string_view dotted_key, const boost::json::value& leaf)` for everything in
/// `config` that is not an object with members, in order. The key is `prefix` with what is added,
/// and valid during the call; `prefix` is as it was when this returns.
template <typename Visit>
void flatten(const boost::json::object& config, const Visit& visit, std::string& prefix) {
  for (const auto& member : config) {
    const std::size_t parent_size = prefix.size();
    if (parent_size > 0) prefix += '.';
    prefix += std::string_view(member.key());
    const boost::json::object* const nested = member.value().if_object();
    if (nested != nullptr && !nested->empty()) {
      flatten(*nested, visit, prefix);
    } else {
      visit(std::string_view(prefix), member.value());
    }
    prefix.resize(parent_size);
  }
}

template <typename Visit>
void flatten(const boost::json::object& config, const Visit& visit) {
  std::string prefix;
  flatten(config, visit, prefix);
}

}  // namespace study
