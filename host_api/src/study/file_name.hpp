/// The one place where the names of a run's files are put together.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace study {

/// `{prefix of config}_{hash_and_cycle}`, the prefix cut so that an extension of `extension_bytes`
/// fits behind it into 255 bytes.
[[nodiscard]] std::string result_file_stem(const boost::json::object& config,
                                           std::string_view hash_and_cycle,
                                           std::size_t extension_bytes);

}  // namespace study
