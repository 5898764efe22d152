#include "input/study_file.hpp"

#include "input/node_reader.hpp"
#include "input/runner_reader.hpp"
#include "input/study_execution.hpp"
#include "input/sweep.hpp"

#include <study/error.hpp>
#include <study/study_directory.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::array<std::string_view, 6> kStudyKeys = {"name",        "base",      "sweep",
                                                        "experiments", "execution", "runners"};
// Of the keys above, those that are hardly meant as fields, nor are their near misses.
constexpr std::array<std::string_view, 4> kTellingKeys = {"sweep", "experiments", "execution",
                                                          "runners"};
constexpr std::uint64_t kMaxRuns = 10'000'000;

bool is_study_key(std::string_view key) {
  return std::find(kStudyKeys.begin(), kStudyKeys.end(), key) != kStudyKeys.end();
}

bool is_telling_key(std::string_view key) {
  return std::find(kTellingKeys.begin(), kTellingKeys.end(), key) != kTellingKeys.end();
}

/// Why a key is hardly meant as an experiment field; empty if nothing speaks against it.
std::string doubt_of_field(std::string_view key) {
  if (is_execution_key(key)) return "as a setting it belongs under 'execution'";
  if (is_telling_key(key)) return "as a part of the study it belongs at the top of the file";
  if (key.find('.') != std::string_view::npos) {
    return "only under 'sweep' does a dot lead into a nested field";
  }
  std::string_view near = study::nearest_name(key, kTellingKeys);
  if (!near.empty()) return "did you mean '" + std::string(near) + "'?";
  near = study::nearest_name(key, execution_keys());
  return near.empty() ? "" : "did you mean '" + std::string(near) + "' under 'execution'?";
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
    for (const NodeReader& member : members_) {
      if (!is_study_key(member.key())) take_shared(member);
    }
    if (const NodeReader* sweep = find_given(members_, "sweep")) read_sweep(*sweep);
    if (const NodeReader* experiments = find_given(members_, "experiments")) {
      read_experiments(*experiments);
    }
    if (const NodeReader* execution = find_given(members_, "execution")) {
      study_.execution = read_execution(*execution);
    }
    if (const NodeReader* runners = find_given(members_, "runners")) read_runners(*runners);
    expand_sweep();
    return std::move(study_);
  }

 private:
  static std::vector<NodeReader> root_members(const Document& document) {
    const NodeReader root(document);
    if (!root.is_mapping()) root.fail_expected("a mapping with keys such as 'model' and 'sweep'");
    return root.members();
  }

  void read_name(const fs::path& path) {
    const NodeReader* const name = find_given(members_, "name");
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
    const NodeReader* const base = find_given(members_, "base");
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
    for (const NodeReader& member : root_members(document)) {
      if (!is_study_key(member.key())) take_shared(member);
    }
  }

  void take_shared(const NodeReader& field) {
    spec_.shared[field.key()] = to_json(field.node());
    if (field.key() == "backend") spec_.shared_where = field.where();
    warn_of_suspicious(field);
  }

  /// Once for each key: a generated file may have the same one in every experiment.
  void warn_of_suspicious(const NodeReader& field) {
    const std::string doubt = doubt_of_field(field.key());
    if (doubt.empty() || !doubted_keys_.insert(field.key()).second) return;
    study_.warnings.push_back(field.where() + ": '" + field.key() +
                              "' is taken as an experiment field; " + doubt);
  }

  void read_sweep(const NodeReader& sweep) {
    for (const NodeReader& member : sweep.members()) {
      Dimension dimension{member.key(), {}, member.where()};
      if (!member.is_list()) fail_as_dimension(member);
      for (const NodeReader& value : member.elements()) {
        dimension.values.push_back(to_json(value.node()));
      }
      if (dimension.values.empty()) member.fail("the list is empty; give at least one value");
      spec_.dimensions.push_back(std::move(dimension));
    }
  }

  [[noreturn]] static void fail_as_dimension(const NodeReader& member) {
    const auto* const mapping = std::get_if<Node::Mapping>(&member.node().value);
    if (mapping == nullptr || mapping->empty()) {
      member.fail_expected("a list of values, such as [1, 8]");
    }
    member.fail(
        "must be a list of values, but is a mapping; a nested field is written with a dot, "
        "such as '" +
        member.key() + "." + mapping->front().key + ": [1, 8]'");
  }

  void read_experiments(const NodeReader& experiments) {
    for (const NodeReader& element : experiments.elements()) {
      if (!element.is_mapping()) element.fail_expected("a mapping of experiment fields");
      for (const NodeReader& field : element.members()) warn_of_suspicious(field);
      spec_.experiments.push_back(
          {to_json(std::get<Node::Mapping>(element.node().value)), element.where()});
    }
  }

  void read_runners(const NodeReader& runners) {
    for (const NodeReader& member : runners.members()) {
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
    throw study::InputError(source_ + ": " + std::to_string(study_.configs.size()) +
                            " configurations in " + std::to_string(study_.execution.n_cycles) +
                            " cycles are " + std::to_string(n_runs) + " runs, but at most " +
                            std::to_string(kMaxRuns) + " are allowed");
  }

  std::string source_;
  std::optional<fs::path> base_copy_;
  std::vector<NodeReader> members_;
  SweepSpec spec_;
  StudyFile study_;
  std::set<std::string> doubted_keys_;
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
    unknown.problem = "the host config has no runner '" + name + "', which " + where +
                      " names for the backend '" + backend + "'";
    const std::string_view nearest = study::nearest_name(name, known);
    unknown.problem += nearest.empty() ? "; add it under its 'runners', or give a command there"
                                       : "; did you mean '" + std::string(nearest) + "'?";
    resolved.insert_or_assign(backend, std::move(unknown));
  }
  for (const auto& [backend, runner] : host_runners) resolved.emplace(backend, runner);
  return resolved;
}

}  // namespace host
