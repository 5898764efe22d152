/// What was swept: the fields that are not the same in all configurations of a study; and the names
/// of the files that its runs have left.
#pragma once

#include "terminal/host_log.hpp"

#include <study/study_config.hpp>
#include <study/study_plan.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace host {

/// More than this don't fit a page.
inline constexpr std::size_t kMaxDimensions = 40;
/// Of the fields that are the same in all, so many are told.
inline constexpr std::size_t kMaxFixedFields = 100;

struct Dimension {
  std::string key;                  ///< dotted
  bool is_number = true;            ///< each value is one
  std::vector<std::string> values;  ///< each once, for people; a number as JSON
  std::vector<std::int32_t> of;     ///< of each configuration, -1: it has no such field
};

/// `{prefix}{hash}`, the hash whole or its first digits; behind it `_c{cycle}` where there are
/// several cycles.
struct FileNames {
  std::string prefix;
  std::size_t digits = 0;
  bool has_cycle = false;

  friend bool operator==(const FileNames&, const FileNames&) = default;
};

struct SweptFields {
  std::vector<Dimension> dimensions;
  std::vector<std::pair<std::string, std::string>> fixed;  ///< the same in all
  std::size_t left_out = 0;                                ///< dimensions
  std::vector<FileNames> file_names;
  std::vector<std::int32_t> names_of;  ///< of each configuration, -1: not known
};

/// The configurations of the study, by their hashes.
using ConfigurationNumbers = std::unordered_map<std::string_view, std::uint32_t>;

/// From the copy of the study file in the study's directory, or else the list of experiments there.
/// Empty where neither can be read, of which the log is told. `cycles`: the study's. Linear.
[[nodiscard]] std::optional<SweptFields> read_swept_fields(const std::filesystem::path& study_dir,
                                                           const ConfigurationNumbers& numbers,
                                                           int cycles, HostLog& log);

/// `{prefix}{hash}_c{cycle}` without an extension.
[[nodiscard]] std::string file_stem(const FileNames& names, std::string_view config_hash,
                                    std::int32_t cycle);

}  // namespace host
