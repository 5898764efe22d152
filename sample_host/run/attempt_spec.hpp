/// What an attempt at a run of a study consists of.
#pragma once

#include "plan/prepared_study.hpp"
#include "run/run_attempt.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace host {

struct AttemptName {
  std::size_t index;   ///< of the run, in the schedule
  std::string stem;    ///< of its files
  int attempt;         ///< from 1
  int slot;            ///< from 0 to jobs - 1
  std::uint64_t mark;  ///< of its processes
};

/// The command, where and how it runs, and where its result goes. Writes the file that
/// `{config_file}` stands for, where it is asked for; throws `study::FileError`. `fields` are the
/// experiment's. `marks`: variables of every experiment of the study.
[[nodiscard]] AttemptSpec describe_attempt(const PreparedStudy& study,
                                           const boost::json::object& fields,
                                           const std::filesystem::path& study_dir,
                                           const std::vector<std::string>& marks,
                                           const AttemptName& name);

}  // namespace host
