/// The experiments of a study as its directory keeps them, for a host that can't name them again.
#pragma once

#include <study/study_config.hpp>
#include <study/timestamp.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace study {

inline constexpr std::string_view kExperimentListFileName = "study_experiments.jsonl";

/// What the first line says, and the experiments, one on each line behind it.
struct ExperimentList {
  std::string study_name;
  Timestamp started_at;
  std::vector<std::string> observers;  ///< the names of those of the latest run
  std::vector<Experiment> experiments;
};

/// Empty where there is none, or none that can be read: then the study goes on without. A line that
/// was being written when the host died is none.
[[nodiscard]] std::optional<ExperimentList> read_experiment_list(
    const std::filesystem::path& study_dir);

/// Writes it in the place of an earlier one. Throws `FileError`.
void write_experiment_list(const std::filesystem::path& study_dir, const ExperimentList& head,
                           std::span<const Experiment> experiments);

/// Appends to it, at a cost that doesn't depend on its length. Throws `FileError`.
void append_to_experiment_list(const std::filesystem::path& study_dir,
                               std::span<const Experiment> experiments);

}  // namespace study
