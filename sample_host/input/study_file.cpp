#include "input/study_file.hpp"

#include "base/format.hpp"
#include "input/document.hpp"
#include "input/field_hints.hpp"
#include "input/llem_release.hpp"
#include "input/sweep.hpp"
#include "input/sweep_reader.hpp"
#include "input/typing_traps.hpp"

#include <study/error.hpp>
#include <study/study_directory.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;

// `$schema` is where editors of JSON look for the schema.
constexpr std::array<std::string_view, 8> kStudyKeys = {
    "name", "base", "sweep", "experiments", "execution", "runners", "version", "$schema"};
/// Keys that begin so hold anchors for others.
constexpr std::string_view kAnchorHolder = "x-";
constexpr std::uint64_t kMaxRuns = 10'000'000;

std::vector<FieldReader> root_members(const Document& document) {
  const FieldReader root(document);
  if (!root.is_mapping()) root.fail_expected("a mapping with keys such as 'model' and 'sweep'");
  return root.members();
}

/// Whether a key says something of the study. A mapping `base` can't be what we mean by it, and is
/// a field.
bool is_study_key(const FieldReader& member) {
  if (member.key() == "base" && member.is_mapping()) return false;
  return member.key().starts_with(kAnchorHolder) ||
         std::find(kStudyKeys.begin(), kStudyKeys.end(), member.key()) != kStudyKeys.end();
}

/// Reads a study file of our own form; `study_` grows with each function.
class StudyFileReader {
 public:
  StudyFileReader(const std::string& source, const std::vector<FieldReader>& members,
                  const std::vector<FieldReader>& base_members, StudyFile& study)
      : members_(members), base_members_(base_members), study_(study) {
    spec_.shared_where = source;
  }

  void read() {
    take_shared(base_members_);
    take_shared(members_);
    if (const FieldReader* sweep = find_given(members_, "sweep")) {
      read_sweep(*sweep, spec_, study_.warnings);
    }
    if (const FieldReader* experiments = find_given(members_, "experiments")) {
      read_experiments(*experiments);
    }
    if (const FieldReader* execution = find_given(members_, "execution")) {
      study_.execution = read_execution(*execution);
    }
    if (const FieldReader* runners = find_given(members_, "runners")) read_runners(*runners);
    Expansion expansion = expand(spec_);
    study_.configs = std::move(expansion.configs);
    std::move(expansion.warnings.begin(), expansion.warnings.end(),
              std::back_inserter(study_.warnings));
  }

 private:
  void take_shared(const std::vector<FieldReader>& members) {
    for (const FieldReader& field : members) {
      if (is_study_key(field)) continue;
      spec_.shared[field.key()] = to_json(field.node());
      if (field.key() == "backend") spec_.shared_where = field.where();
      warn_of_misplaced(field);
    }
  }

  /// Once for each key: a generated file may have the same one in every experiment, and to compare
  /// it with those that may have been meant takes longer than to read it.
  void warn_of_misplaced(const FieldReader& field) {
    if (!seen_keys_.insert(field.key()).second) return;
    const std::string hint = misplaced_field_hint(field.key());
    if (hint.empty()) return;
    study_.warnings.push_back(study::format("{}: '{}' is taken as an experiment field; {}",
                                            field.where(), field.key(), hint));
  }

  void read_experiments(const FieldReader& experiments) {
    for (const FieldReader& element : experiments.elements()) {
      if (!element.is_mapping()) element.fail_expected("a mapping of experiment fields");
      PartialConfiguration experiment{{}, element.path(), element.where()};
      for (const FieldReader& field : element.members()) {
        warn_of_misplaced(field);
        experiment.settings.push_back({field.key(), to_json(field.node())});
      }
      spec_.experiments.push_back(std::move(experiment));
    }
  }

  void read_runners(const FieldReader& runners) {
    for (const FieldReader& member : runners.members()) {
      if (member.key() != "default") spec_.backends.push_back(member.key());
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

  const std::vector<FieldReader>& members_;
  const std::vector<FieldReader>& base_members_;
  StudyFile& study_;
  SweepSpec spec_;
  std::unordered_set<std::string> seen_keys_;
};

void read_name(const std::vector<FieldReader>& members, std::string_view key,
               const std::string& source, StudyFile& study) {
  const FieldReader* const name = find_given(members, key);
  study.name = name != nullptr ? name->text() : study.path.stem().string();
  try {
    study::check_study_name(study.name);
  } catch (const study::InputError& error) {
    if (name != nullptr) name->fail(error.what());
    refuse_input(study::format("{}: there is no '{}', and the file's own cannot serve: {}", source,
                               key, error.what()));
  }
}

/// The file that `base` names, or its copy; nothing where there is none.
std::optional<Document> load_base(const std::vector<FieldReader>& members, const fs::path& path,
                                  const std::optional<fs::path>& copy, StudyFile& study) {
  const FieldReader* const base = find_given(members, "base");
  if (base == nullptr || base->is_mapping()) return std::nullopt;
  const fs::path file = (path.parent_path() / base->system_text()).lexically_normal();
  const fs::path& read = copy ? *copy : file;
  std::error_code ignored;
  if (fs::is_directory(read, ignored)) {
    base->fail(read.string() + " is a directory; name the file of shared fields in it");
  }
  if (!fs::exists(read, ignored)) {
    base->fail("there is no file " + read.string() + "; the path is relative to the study file");
  }
  Document document = load_document(read);
  study.base = FileText{fs::absolute(file).lexically_normal(), document.text, readers_of(read)};
  return document;
}

/// But for the commands of runners, which take their arguments as they are written.
std::size_t warn_of_typing(const std::vector<FieldReader>& members, const std::string& source,
                           std::vector<std::string>& warnings) {
  std::size_t n_found = 0;
  for (const FieldReader& member : members) {
    if (member.key() == "runners" || member.key() == "version" ||
        member.key().starts_with(kAnchorHolder)) {
      continue;
    }
    n_found += find_typing_traps(member.node(), member.path(), source, warnings);
  }
  return n_found;
}

void warn_of_typing(const Document& document, const std::vector<FieldReader>& members,
                    const std::optional<Document>& base,
                    const std::vector<FieldReader>& base_members, StudyFile& study) {
  std::vector<std::string> warnings;
  std::size_t n_found = 0;
  if (base) n_found += warn_of_typing(base_members, base->source, warnings);
  n_found += warn_of_typing(members, document.source, warnings);
  if (n_found > warnings.size()) {
    warnings.push_back(
        study::format("{}: there are {} more values that YAML 1.1 takes for something else",
                      document.source, n_found - warnings.size()));
  }
  std::move(warnings.begin(), warnings.end(), std::back_inserter(study.warnings));
}

void check_runs(const StudyFile& study, const std::string& source) {
  const auto n_cycles = static_cast<std::uint64_t>(study.execution.n_cycles);
  const std::uint64_t n_runs = study.configs.size() * n_cycles;
  if (n_runs <= kMaxRuns) return;
  throw study::InputError(
      study::format("{}: {} configurations in {} cycles are {} runs, but at most {} are allowed",
                    source, study.configs.size(), n_cycles, n_runs, kMaxRuns));
}

/// `base_copy`: what is read in the place of the file that `base` names.
StudyFile read_study(Document document, const fs::path& path,
                     const std::optional<fs::path>& base_copy) {
  StudyFile study;
  study.path = fs::absolute(path).lexically_normal();
  const std::vector<FieldReader> members = root_members(document);
  const std::optional<Document> base = load_base(members, path, base_copy, study);
  const std::vector<FieldReader> base_members =
      base ? root_members(*base) : std::vector<FieldReader>{};
  const bool is_release = is_llem_release(members, base_members);
  read_name(members, is_release ? "study_name" : "name", document.source, study);
  warn_of_typing(document, members, base, base_members, study);
  if (is_release) {
    read_llem_release(members, base_members, study);
  } else {
    StudyFileReader(document.source, members, base_members, study).read();
  }
  check_runs(study, document.source);
  study.text = std::move(document.text);
  return study;
}

RunnerSpec unknown_runner(const std::string& backend,
                          const std::pair<std::string, std::string>& named,
                          const Runners& host_runners) {
  const auto& [name, where] = named;
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
  return unknown;
}

}  // namespace

StudyFile load_study_file(const fs::path& path) {
  StudyFile study = read_study(load_document(path), path, {});
  study.readers = readers_of(path);
  return study;
}

StudyFile load_study_copies(const fs::path& path, const StudyCopies& copies) {
  StudyFile study = read_study(load_document(copies.study), path, copies.base);
  study.readers = readers_of(copies.study);
  return study;
}

StudyFile parse_study(std::string text, const fs::path& path) {
  return read_study(
      path.extension() == ".json"
          ? study::parse_json_document(std::move(text), path.string(), JsonDialect::strict)
          : parse_yaml(std::move(text), path.string()),
      path, {});
}

Runners resolve_runners(const StudyFile& study, const Runners& host_runners) {
  Runners resolved = study.runners;
  for (const auto& [backend, named] : study.named_runners) {
    auto found = host_runners.find(named.first);
    if (found == host_runners.end()) found = host_runners.find(backend);
    resolved.insert_or_assign(backend, found != host_runners.end()
                                           ? found->second
                                           : unknown_runner(backend, named, host_runners));
  }
  for (const auto& [backend, runner] : host_runners) resolved.emplace(backend, runner);
  for (auto& [backend, runner] : resolved) {
    if (!runner.timeout) runner.timeout = study.timeout;
  }
  return resolved;
}

}  // namespace host
