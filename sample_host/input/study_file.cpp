#include "input/study_file.hpp"

#include "base/format.hpp"
#include "input/field_reader.hpp"
#include "input/sweep.hpp"

#include <study/error.hpp>
#include <study/study_directory.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <span>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kStudyKeys = {"name",        "base",      "sweep",
                                                        "experiments", "execution", "runners"};
// Of the keys above, those that are hardly meant as fields, nor are their near misses.
constexpr std::array<std::string_view, 4> kTellingKeys = {"sweep", "experiments", "execution",
                                                          "runners"};
constexpr std::array<std::string_view, 6> kExecutionKeys = {
    "n_cycles",          "cycle_order", "shuffle_seed", "experiment_gap_seconds",
    "cycle_gap_seconds", "max_failures"};
constexpr std::array<std::string_view, 3> kCycleOrders = {"sequential", "interleaved", "shuffled"};
constexpr int kMaxCycles = 1'000'000;
constexpr double kMaxGapSeconds = 1e9;
constexpr std::uint64_t kMaxRuns = 10'000'000;

CycleOrder read_cycle_order(const FieldReader& reader) {
  const std::string& name = reader.text();
  if (name == kCycleOrders[0]) return CycleOrder::sequential;
  if (name == kCycleOrders[1]) return CycleOrder::interleaved;
  if (name == kCycleOrders[2]) return CycleOrder::shuffled;
  const std::string_view nearest = study::nearest_name(name, kCycleOrders);
  if (!nearest.empty()) {
    reader.fail(study::format("'{}' is unknown; did you mean '{}'?", name, nearest));
  }
  reader.fail_expected("sequential, interleaved or shuffled");
}

std::chrono::milliseconds read_gap(const FieldReader& reader) {
  const double seconds = reader.number();
  if (!(seconds >= 0) || seconds > kMaxGapSeconds) {
    reader.fail_expected("a number of seconds from 0 to 1000000000");
  }
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

// Keys that are absent or null keep their defaults.
Execution read_execution(const FieldReader& reader) {
  const std::vector<FieldReader> members = reader.members(kExecutionKeys);
  Execution execution;
  if (const FieldReader* n_cycles = find_given(members, "n_cycles")) {
    execution.n_cycles = static_cast<int>(n_cycles->integer(1, kMaxCycles));
  }
  if (const FieldReader* order = find_given(members, "cycle_order")) {
    execution.cycle_order = read_cycle_order(*order);
  }
  if (const FieldReader* seed = find_given(members, "shuffle_seed")) {
    execution.shuffle_seed = seed->unsigned_integer();
  }
  if (const FieldReader* gap = find_given(members, "experiment_gap_seconds")) {
    execution.experiment_gap = read_gap(*gap);
  }
  if (const FieldReader* gap = find_given(members, "cycle_gap_seconds")) {
    execution.cycle_gap = read_gap(*gap);
  }
  if (const FieldReader* most = find_given(members, "max_failures")) {
    execution.max_failures = static_cast<std::size_t>(most->integer(1, kMaxRuns));
  }
  return execution;
}

bool is_one_of(std::string_view key, std::span<const std::string_view> keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// What a key was likely meant as, if hardly as an experiment field; else empty.
std::string misplaced_field_hint(std::string_view key) {
  if (is_one_of(key, kExecutionKeys)) return "as a setting it belongs under 'execution'";
  if (is_one_of(key, kTellingKeys)) {
    return "as a part of the study it belongs at the top of the file";
  }
  if (key.find('.') != std::string_view::npos) {
    return "only under 'sweep' does a dot lead into a nested field";
  }
  std::string_view near = study::nearest_name(key, kTellingKeys);
  if (!near.empty()) return study::format("did you mean '{}'?", near);
  near = study::nearest_name(key, kExecutionKeys);
  return near.empty() ? "" : study::format("did you mean '{}' under 'execution'?", near);
}

/// Reads one study file; `study_` grows with each function.
class StudyFileReader {
 public:
  /// `base_copy`: what is read in the place of the file that `base` names.
  explicit StudyFileReader(const Document& document, std::optional<fs::path> base_copy = {})
      : source_(document.source),
        base_copy_(std::move(base_copy)),
        members_(root_members(document)) {
    spec_.shared_where = source_;
    study_.text = document.text;
  }

  StudyFile read(const fs::path& path) {
    study_.path = fs::absolute(path).lexically_normal();
    read_name(path);
    read_base(path);
    take_shared(members_);
    if (const FieldReader* sweep = find_given(members_, "sweep")) read_sweep(*sweep);
    if (const FieldReader* experiments = find_given(members_, "experiments")) {
      read_experiments(*experiments);
    }
    if (const FieldReader* execution = find_given(members_, "execution")) {
      study_.execution = read_execution(*execution);
    }
    if (const FieldReader* runners = find_given(members_, "runners")) read_runners(*runners);
    expand_sweep();
    return std::move(study_);
  }

 private:
  static std::vector<FieldReader> root_members(const Document& document) {
    const FieldReader root(document);
    if (!root.is_mapping()) root.fail_expected("a mapping with keys such as 'model' and 'sweep'");
    return root.members();
  }

  void read_name(const fs::path& path) {
    const FieldReader* const name = find_given(members_, "name");
    study_.name = name != nullptr ? name->text() : path.stem().string();
    try {
      study::check_study_name(study_.name);
    } catch (const study::InputError& error) {
      if (name != nullptr) name->fail(error.what());
      throw study::InputError(
          source_ + ": there is no 'name', and the file's own cannot serve: " + error.what());
    }
  }

  void read_base(const fs::path& path) {
    const FieldReader* const base = find_given(members_, "base");
    if (base == nullptr) return;
    const fs::path file = (path.parent_path() / base->system_text()).lexically_normal();
    const fs::path& read = base_copy_ ? *base_copy_ : file;
    std::error_code ignored;
    if (fs::is_directory(read, ignored)) {
      base->fail(read.string() + " is a directory; name the file of shared fields in it");
    }
    if (!fs::exists(read, ignored)) {
      base->fail("there is no file " + read.string() + "; the path is relative to the study file");
    }
    const Document document = load_document(read);
    study_.base = FileText{fs::absolute(file).lexically_normal(), document.text};
    take_shared(root_members(document));
  }

  void take_shared(const std::vector<FieldReader>& members) {
    for (const FieldReader& field : members) {
      if (is_one_of(field.key(), kStudyKeys)) continue;
      spec_.shared[field.key()] = to_json(field.node());
      if (field.key() == "backend") spec_.shared_where = field.where();
      warn_of_misplaced(field);
    }
  }

  /// Once for each key: a generated file may have the same one in every experiment.
  void warn_of_misplaced(const FieldReader& field) {
    const std::string hint = misplaced_field_hint(field.key());
    if (hint.empty() || !hinted_keys_.insert(field.key()).second) return;
    study_.warnings.push_back(study::format("{}: '{}' is taken as an experiment field; {}",
                                            field.where(), field.key(), hint));
  }

  void read_sweep(const FieldReader& sweep) {
    for (const FieldReader& member : sweep.members()) {
      Dimension dimension{member.key(), {}, member.where()};
      if (!member.is_list()) fail_as_dimension(member);
      for (const FieldReader& value : member.elements()) {
        dimension.values.push_back(to_json(value.node()));
      }
      if (dimension.values.empty()) member.fail("the list is empty; give at least one value");
      spec_.dimensions.push_back(std::move(dimension));
    }
  }

  [[noreturn]] static void fail_as_dimension(const FieldReader& member) {
    const auto* const mapping = std::get_if<Node::Mapping>(&member.node().value);
    if (mapping == nullptr || mapping->empty()) {
      member.fail_expected("a list of values, such as [1, 8]");
    }
    member.fail(study::format(
        "must be a list of values, but is a mapping; a nested field is written with a "
        "dot, such as '{}.{}: [1, 8]'",
        member.key(), mapping->front().key));
  }

  void read_experiments(const FieldReader& experiments) {
    for (const FieldReader& element : experiments.elements()) {
      if (!element.is_mapping()) element.fail_expected("a mapping of experiment fields");
      for (const FieldReader& field : element.members()) warn_of_misplaced(field);
      spec_.experiments.push_back(
          {to_json(std::get<Node::Mapping>(element.node().value)), element.where()});
    }
  }

  void read_runners(const FieldReader& runners) {
    for (const FieldReader& member : runners.members()) {
      if (member.is_null()) continue;
      if (member.is_text()) {
        study_.named_runners[member.key()] = {member.text(), member.where()};
      } else if (member.is_mapping()) {
        study_.runners.emplace(member.key(), read_runner(member));
      } else {
        member.fail_expected(
            "a mapping with 'command', or the name of a runner of the host config");
      }
    }
  }

  void expand_sweep() {
    Expansion expansion = expand(spec_);
    study_.configs = std::move(expansion.configs);
    std::move(expansion.warnings.begin(), expansion.warnings.end(),
              std::back_inserter(study_.warnings));
    const std::uint64_t n_runs =
        study_.configs.size() * static_cast<std::uint64_t>(study_.execution.n_cycles);
    if (n_runs <= kMaxRuns) return;
    throw study::InputError(
        study::format("{}: {} configurations in {} cycles are {} runs, but at most {} are allowed",
                      source_, study_.configs.size(), study_.execution.n_cycles, n_runs, kMaxRuns));
  }

  std::string source_;
  std::optional<fs::path> base_copy_;
  std::vector<FieldReader> members_;
  SweepSpec spec_;
  StudyFile study_;
  std::set<std::string> hinted_keys_;
};

}  // namespace

StudyFile load_study_file(const fs::path& path) {
  const Document document = load_document(path);
  return StudyFileReader(document).read(path);
}

StudyFile load_study_copies(const fs::path& path, const StudyCopies& copies) {
  const Document document = load_document(copies.study);
  return StudyFileReader(document, copies.base).read(path);
}

Runners resolve_runners(const StudyFile& study, const Runners& host_runners) {
  Runners resolved = study.runners;
  for (const auto& [backend, named] : study.named_runners) {
    const auto& [name, where] = named;
    const auto found = host_runners.find(name);
    if (found != host_runners.end()) {
      resolved.insert_or_assign(backend, found->second);
      continue;
    }
    std::vector<std::string_view> known;
    for (const auto& runner : host_runners) known.push_back(runner.first);
    RunnerSpec unknown;
    unknown.where = where;
    const std::string_view nearest = study::nearest_name(name, known);
    unknown.problem =
        study::format("the host config has no runner '{}', which {} names for the backend '{}'; {}",
                      name, where, backend,
                      nearest.empty() ? "add it under its 'runners', or give a command there"
                                      : study::format("did you mean '{}'?", nearest));
    resolved.insert_or_assign(backend, std::move(unknown));
  }
  for (const auto& [backend, runner] : host_runners) resolved.emplace(backend, runner);
  return resolved;
}

}  // namespace host
