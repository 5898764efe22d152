/// JSON whose one long list is taken element by element, so that it is never there as a whole.
#pragma once

#include <functional>
#include <string_view>

#include <boost/json/value.hpp>

namespace study {

/// Gets an element, which is gone when it returns. What it throws comes out of `parse_json`.
using TakeElement = std::function<void(boost::json::value& element)>;

/// As `parse_json` of json.hpp; the elements of the root's member `list` are handed to `take`, in
/// order, and what is returned has an empty list in their place.
[[nodiscard]] boost::json::value parse_json(std::string_view text, std::string_view source,
                                            std::string_view list, const TakeElement& take);

}  // namespace study
