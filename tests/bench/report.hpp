/// Figures, for people and for programs.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace study_bench {

/// One line of the report. What isn't a time says so in its name (`…_mib`).
struct Result {
  std::string name;
  std::size_t entries = 0;  ///< 0: doesn't depend on the size of a study
  double median_us = 0;
  double mean_us = 0;
  double p99_us = 0;
  std::size_t samples = 0;
};

/// Median, mean and 99th percentile of `samples_us`.
[[nodiscard]] Result summarize(std::string name, std::size_t entries,
                               std::vector<double> samples_us);

/// The name of the file system of `dir`, such as `ext4`; else its magic number.
[[nodiscard]] std::string file_system_name(const std::filesystem::path& dir);

[[nodiscard]] std::string to_json(const std::string& file_system,
                                  const std::vector<Result>& results);

/// A table of medians, and the ratios and differences that matter.
[[nodiscard]] std::string to_table(const std::string& file_system,
                                   const std::vector<Result>& results);

}  // namespace study_bench
