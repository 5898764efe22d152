/// The study file: what a person writes, in YAML or JSON.
#pragma once

#include "input/configurations.hpp"
#include "input/execution.hpp"
#include "input/readers.hpp"
#include "input/runner.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace host {

/// A file and what it held when it was read.
struct FileText {
  std::filesystem::path path;  ///< absolute
  std::string text;
  Readers readers;
};

/// Copies that are read in the place of a study file and its `base`.
struct StudyCopies {
  std::filesystem::path study;
  std::optional<std::filesystem::path> base;
};

/// A study file after the sweep's expansion.
struct StudyFile {
  std::filesystem::path path;    ///< absolute
  std::string text;              ///< as it was read
  Readers readers;               ///< of what was read
  std::optional<FileText> base;  ///< the file of shared fields
  std::string name;
  Configurations configs;  ///< sweep first, then the explicit ones; not deduplicated
  Execution execution;
  BackendField backend_field;  ///< in `configs`
  Runners runners;             ///< given in full
  std::map<std::string, std::pair<std::string, std::string>>
      named_runners;                                 ///< backend -> (name, where)
  std::optional<std::chrono::milliseconds> timeout;  ///< of runners that have none
  std::optional<std::filesystem::path> results_dir;  ///< where the host config names none
  std::vector<std::string> warnings;                 ///< what is legal, but hardly meant
};

/// Reads, checks and expands a study file. A name ending in `.json` is read as JSON, everything
/// else as YAML. Throws `study::InputError`: `study.yaml:12: what is wrong and what to do`.
[[nodiscard]] StudyFile load_study_file(const std::filesystem::path& path);

/// The same with the content of `copies`. The study keeps its place: name, `base` and
/// `{study_file_dir}` follow `path`, where there need not be a file any more.
[[nodiscard]] StudyFile load_study_copies(const std::filesystem::path& path,
                                          const StudyCopies& copies);

/// The same for a text that would be in `path`: bytes of any kind give a study or
/// `study::InputError`. No file is read but the one that `base` names.
[[nodiscard]] StudyFile parse_study(std::string text, const std::filesystem::path& path);

/// The runners of the study: its own, with names replaced by the host config's runner of that name,
/// then those of the host config for backends that the study says nothing of. A name that the host
/// config doesn't have stands for the host config's runner for that backend, and without one
/// becomes a runner with a `problem`: a study file may name runners for more backends than its
/// experiments have.
[[nodiscard]] Runners resolve_runners(const StudyFile& study, const Runners& host_runners);

}  // namespace host
