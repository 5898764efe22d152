#include "status/study_list.hpp"

#include "base/format.hpp"
#include "base/writer_record.hpp"
#include "plan/dry_run.hpp"
#include "resume/study_record.hpp"
#include "status/stored_studies.hpp"
#include "status/study_reader.hpp"
#include "terminal/durations.hpp"
#include "terminal/terminal.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace host {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kStartedColumns = 20;
constexpr std::size_t kMinWordColumns = 11;
constexpr std::size_t kMinNameColumns = 12;
constexpr std::size_t kMinHostColumns = 4;
constexpr std::size_t kMaxColumns = 40;

using study::WriterState;

/// Opens the reader of a study directory.
using OpenReader = std::function<std::unique_ptr<StudyReader>(const fs::path& study_dir)>;

void fill_in(ListedStudy& study, const StudyView& view) {
  const study::ManifestHead& head = view.manifest.head;
  study.name = head.study_name;
  study.word = status_word(view);
  study.started_at = head.started_at;
  study.completed_at = head.completed_at;
  study.design_hash = head.study_design_hash;
  study.writer = view.writer.state;
  if (view.writer.writer) study.host = view.writer.writer->host;
}

ListedStudy look_at(const fs::path& study_dir, const OpenReader& open) {
  ListedStudy study;
  study.study_dir = study_dir;
  try {
    const std::unique_ptr<StudyReader> reader = open(study_dir);
    const StudyView view = reader->read();
    fill_in(study, view);
    study.counters = study::count_entries(view.manifest);
    study.running = std::count_if(
        view.manifest.experiments.begin(), view.manifest.experiments.end(),
        [](const auto& entry) { return entry.status == study::ExperimentState::running; });
  } catch (const study::Error& error) {
    study.problem = error.what();
  }
  return study;
}

/// Who writes to a directory of this machine, its lock tells best.
ListedStudy listed(const study::StoredStudy& stored) {
  ListedStudy study;
  study.study_dir = stored.study_dir;
  study.counters = stored.counters;
  study.running = stored.running;
  study::WriterStatus writer = stored.writer;
  if (writer.state == WriterState::unknown && is_on_this_machine(stored)) {
    writer = study::read_writer(stored.study_dir);
  }
  const study::StudyManifest head{{stored.study_name,
                                   stored.study_design_hash,
                                   {},
                                   stored.started_at,
                                   stored.completed_at,
                                   stored.status},
                                  {}};
  fill_in(study, {head, std::move(writer), study::now(), {}});
  return study;
}

/// Whether a study of this folder is the stored one. Its directory may have another name there: it
/// was moved since, or is mounted elsewhere on the host that wrote it.
bool is_same(const ListedStudy& local, const study::StoredStudy& stored) {
  const auto in_same_directory = [&] {
    return plain_directory(local.study_dir) == stored.study_dir;
  };
  if (!local.problem.empty()) return in_same_directory() && is_on_this_machine(stored);
  if (local.started_at != stored.started_at || local.name != stored.study_name) return false;
  const std::string host = host_of(stored);
  const bool may_be_by_another_path =
      (host.empty() || host == local.host) && !is_on_this_machine(stored);
  return may_be_by_another_path || in_same_directory();
}

/// What is in the folder is told as it is there, but for what only a store knows: whether a host
/// writes whose locks don't reach this one, and a study that can't be read there.
void merge(ListedStudy& local, const study::StoredStudy& stored, HostLog& log) {
  if (!local.problem.empty()) {
    log.warning(local.problem);
    local = listed(stored);
    return;
  }
  const bool is_told = local.writer == WriterState::alive || local.writer == WriterState::gone;
  if (local.host.empty()) local.host = host_of(stored);
  if (is_told || stored.writer.state == WriterState::unknown) return;
  local.writer = stored.writer.state;
  if (local.word == "running?") local.word = listed(stored).word;
}

bool comes_before(const ListedStudy& a, const ListedStudy& b) {
  const auto rank = [](const ListedStudy& study) {
    return std::tuple(study.problem.empty(), study.started_at, study.study_dir);
  };
  return rank(a) > rank(b);
}

std::vector<ListedStudy> studies_in(const fs::path& results_dir, const OpenReader& open) {
  std::error_code error;
  fs::directory_iterator entries(results_dir, error);
  if (error) throw study::InputError(results_dir.string() + ": " + error.message());
  std::vector<ListedStudy> studies;
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (!entries->is_directory(ignored) || !holds_study(entries->path())) continue;
    studies.push_back(look_at(entries->path(), open));
  }
  return studies;
}

void add_stored(std::vector<ListedStudy>& studies, const StoredStudies& stored, HostLog& log) {
  const std::size_t local_count = studies.size();
  for (const study::StoredStudy& study : stored.studies) {
    const auto end_of_local = studies.begin() + static_cast<std::ptrdiff_t>(local_count);
    const auto found = std::find_if(studies.begin(), end_of_local, [&](const ListedStudy& local) {
      return is_same(local, study);
    });
    if (found == end_of_local) {
      studies.push_back(listed(study));
    } else {
      merge(*found, study, log);
    }
  }
}

/// The config without the observers that have failed: each study would wait for them again.
HostConfig without_failed(HostConfig config, const StoredStudies& stored) {
  std::vector<study::ObserverConfig*> asked;
  for (study::ObserverConfig& observer : config.observers) {
    if (observer.enabled) asked.push_back(&observer);
  }
  for (const std::size_t place : stored.failed) asked.at(place)->enabled = false;
  return config;
}

bool has_enabled(const HostConfig& config) {
  return std::any_of(config.observers.begin(), config.observers.end(),
                     [](const study::ObserverConfig& observer) { return observer.enabled; });
}

struct Columns {
  std::size_t words = kMinWordColumns;
  std::size_t names = kMinNameColumns;
  std::size_t hosts = 0;  ///< 0: left out
};

Columns columns_for(const std::vector<ListedStudy>& studies) {
  Columns columns;
  const std::string here = study::host_name();
  bool has_others = false;
  std::size_t hosts = kMinHostColumns;
  for (const ListedStudy& study : studies) {
    columns.words = std::max(columns.words, column_count(study.word));
    columns.names = std::max(columns.names, column_count(study::visible(study.name)));
    hosts = std::max(hosts, column_count(study::visible(study.host)));
    has_others = has_others || (!study.host.empty() && study.host != here);
  }
  return {std::min(columns.words, kMaxColumns), std::min(columns.names, kMaxColumns),
          has_others ? std::min(hosts, kMaxColumns) : 0};
}

std::string host_cell(const std::string& host, const Columns& columns) {
  return columns.hosts == 0 ? "" : pad_columns(host, columns.hosts) + "  ";
}

std::string line_of(const ListedStudy& study, const Columns& columns) {
  const std::string place = study::visible(study.study_dir.string());
  if (!study.problem.empty()) {
    return study::format("{}  {}\n    {}\n", pad_columns("?", kStartedColumns), place,
                         study::visible(study.problem));
  }
  return study::format(
      "{}  {}  {:>9}  {:>6}  {:>7}  {}  {}{}\n",
      pad_columns(time_text(study.started_at), kStartedColumns),
      pad_columns(study.word, columns.words), study.counters.completed, study.counters.failed,
      study.counters.pending, pad_columns(study::visible(study.name), columns.names),
      host_cell(study.host.empty() ? "?" : study::visible(study.host), columns), place);
}

}  // namespace

std::vector<ListedStudy> list_studies(const fs::path& results_dir,
                                      const std::optional<fs::path>& config, HostLog& log) {
  std::vector<ListedStudy> studies = studies_in(results_dir, [&](const fs::path& study_dir) {
    return open_study_directory(study_dir, config, log);
  });
  std::sort(studies.begin(), studies.end(), &comes_before);
  return studies;
}

std::vector<ListedStudy> list_known_studies(const HostConfig& config, HostLog& log) {
  const StoredStudies stored =
      ask_for_studies(study::create_observers(
                          study::load_observers(config.observers, config.search), log.services()),
                      {{}, config.results_dir});
  for (const study::CheckpointRemark& failure : stored.failures) log.warning(failure_text(failure));
  std::error_code ignored;
  std::vector<ListedStudy> studies;
  if (fs::exists(config.results_dir, ignored)) {
    const HostConfig answering = without_failed(config, stored);
    studies = studies_in(config.results_dir, [&](const fs::path& study_dir) {
      if (!has_enabled(answering)) throw study::InputError("no observer of the config can tell");
      return open_study_directory(study_dir, answering, log);
    });
  } else if (!stored.has_store && stored.studies.empty()) {
    throw study::InputError(config.results_dir.string() + ": no such directory, and " +
                            (stored.failures.empty()
                                 ? "no observer keeps a list of studies"
                                 : "no observer could tell which studies it keeps"));
  }
  add_stored(studies, stored, log);
  std::sort(studies.begin(), studies.end(), &comes_before);
  return studies;
}

std::vector<ListedStudy> studies_in_place_of_one(const fs::path& given,
                                                 const std::optional<fs::path>& config,
                                                 HostLog& log) {
  std::error_code ignored;
  if (!fs::is_directory(given, ignored) || holds_study(given)) return {};
  return list_studies(given, config, log);
}

std::string text_in_place_of_one(const fs::path& given, const std::vector<ListedStudy>& studies) {
  return study::format("{} is no study; those in it:\n", study::visible(given.string())) +
         list_text(studies);
}

study::InputError several_in_place_of_one(const fs::path& given, std::size_t count) {
  const std::string place = given.string();
  return study::InputError(
      study::format("{} is no study, but has {} in it: give one of them, or see study-host list {}",
                    place, count, shell_quote(place)));
}

std::string list_text(const std::vector<ListedStudy>& studies) {
  const Columns columns = columns_for(studies);
  std::string text =
      study::format("{}  {}  completed  failed  pending  {}  {}directory\n",
                    pad_columns("started", kStartedColumns), pad_columns("status", columns.words),
                    pad_columns("study", columns.names), host_cell("host", columns));
  for (const ListedStudy& study : studies) text += line_of(study, columns);
  return text;
}

std::string list_json(const std::vector<ListedStudy>& studies) {
  json::array list;
  for (const ListedStudy& study : studies) {
    json::object fields{{"study_dir", study::to_valid_utf8(study.study_dir.native())}};
    const bool is_known = study.problem.empty();
    const auto add = [&](const char* key, json::value value) {
      fields[key] = is_known ? std::move(value) : json::value();
    };
    fields["problem"] = is_known ? json::value() : json::value(study.problem);
    add("study_name", json::string(study.name));
    add("status", json::string(study.word));
    add("started_at", json::string(study::format_timestamp(study.started_at)));
    add("completed_at", study.completed_at
                            ? json::value(study::format_timestamp(*study.completed_at))
                            : json::value());
    add("completed", study.counters.completed);
    add("failed", study.counters.failed);
    add("pending", study.counters.pending);
    add("running", study.running);
    add("study_design_hash", json::string(study.design_hash));
    add("host",
        study.host.empty() ? json::value() : json::string(study::to_valid_utf8(study.host)));
    add("writer", json::string(to_string(study.writer)));
    list.push_back(std::move(fields));
  }
  std::string text;
  study::append_json(text, list);
  return text + "\n";
}

}  // namespace host
