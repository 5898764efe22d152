#include "session/experiment_list.hpp"

#include "base/json_fields.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/json.hpp>
#include <study/posix.hpp>

#include <cerrno>

#include <boost/json/value_from.hpp>
#include <fcntl.h>

namespace study {
namespace {

namespace fs = std::filesystem;
using boost::json::object;

constexpr int kFormat = 1;

/// The file's name is a part of what is refused, so that a message of it would say enough; nobody
/// sees it, since what can't be read is passed over.
struct Refusal {
  void operator()(std::string_view key, const std::string& what) const {
    throw InputError(std::string(kExperimentListFileName) + ": " + std::string(key) + " " + what);
  }
};

void append_lines(std::string& text, std::span<const Experiment> experiments) {
  for (const Experiment& experiment : experiments) {
    text += to_json(std::span(&experiment, 1), {});
    text += '\n';
  }
}

[[nodiscard]] ExperimentList parse_head(std::string_view line) {
  const boost::json::value document = parse_json(line, kExperimentListFileName);
  const Refusal refuse;
  if (!document.is_object()) refuse("the first line", "must be an object");
  const JsonFields<Refusal> reader(document.get_object(), refuse);
  if (reader.count("study_experiments", kFormat) != kFormat) refuse("its format", "is unknown");
  ExperimentList list;
  list.study_name = reader.text("study_name");
  list.started_at = reader.time("started_at");
  for (const auto& name : reader.array("observers")) {
    if (!name.is_string()) refuse("observers", "must be strings");
    list.observers.emplace_back(name.get_string());
  }
  return list;
}

}  // namespace

std::optional<ExperimentList> read_experiment_list(const fs::path& study_dir) {
  try {
    const std::string text = read_file(study_dir / kExperimentListFileName);
    std::string_view left = text;
    std::optional<ExperimentList> list;
    for (std::size_t end = 0; (end = left.find('\n')) != std::string_view::npos;) {
      const std::string_view line = left.substr(0, end);
      left.remove_prefix(end + 1);
      if (!list) {
        list = parse_head(line);
        continue;
      }
      for (Experiment& experiment : parse_added_experiments(line).experiments) {
        list->experiments.push_back(std::move(experiment));
      }
    }
    return list;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void write_experiment_list(const fs::path& study_dir, const ExperimentList& head,
                           std::span<const Experiment> experiments) {
  std::string text;
  append_json(text, object{{"study_experiments", kFormat},
                           {"study_name", head.study_name},
                           {"started_at", format_timestamp(head.started_at)},
                           {"observers", boost::json::value_from(head.observers)}});
  text += '\n';
  append_lines(text, experiments);
  replace_file(study_dir / kExperimentListFileName, text, Durability::power);
}

void append_to_experiment_list(const fs::path& study_dir, std::span<const Experiment> experiments) {
  const fs::path path = study_dir / kExperimentListFileName;
  std::string text;
  append_lines(text, experiments);
  const UniqueFd fd = open_regular_file(path.c_str(), O_WRONLY | O_APPEND | O_CREAT);
  if (!fd) throw FileError("open " + path.string(), errno);
  if (const int error = write_all(fd.get(), text); error != 0) {
    throw FileError("write " + path.string(), error);
  }
}

}  // namespace study
