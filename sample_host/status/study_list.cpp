#include "status/study_list.hpp"

#include "base/format.hpp"
#include "plan/dry_run.hpp"
#include "resume/study_record.hpp"
#include "status/study_reader.hpp"
#include "terminal/durations.hpp"
#include "terminal/terminal.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <tuple>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace host {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kStartedColumns = 20;
constexpr std::size_t kMinWordColumns = 11;
constexpr std::size_t kMinNameColumns = 12;
constexpr std::size_t kMaxColumns = 40;

ListedStudy look_at(const fs::path& study_dir, const std::optional<fs::path>& config,
                    HostLog& log) {
  ListedStudy study;
  study.study_dir = study_dir;
  try {
    const std::unique_ptr<StudyReader> reader = open_study_directory(study_dir, config, log);
    const StudyView view = reader->read();
    const study::ManifestHead& head = view.manifest.head;
    study.name = head.study_name;
    study.word = status_word(view);
    study.started_at = head.started_at;
    study.completed_at = head.completed_at;
    study.counters = study::count_entries(view.manifest);
  } catch (const study::Error& error) {
    study.problem = error.what();
  }
  return study;
}

bool comes_before(const ListedStudy& a, const ListedStudy& b) {
  const auto rank = [](const ListedStudy& study) {
    return std::tuple(study.problem.empty(), study.started_at, study.study_dir);
  };
  return rank(a) > rank(b);
}

struct Columns {
  std::size_t words = kMinWordColumns;
  std::size_t names = kMinNameColumns;
};

Columns columns_for(const std::vector<ListedStudy>& studies) {
  Columns columns;
  for (const ListedStudy& study : studies) {
    columns.words = std::max(columns.words, column_count(study.word));
    columns.names = std::max(columns.names, column_count(study::visible(study.name)));
  }
  return {std::min(columns.words, kMaxColumns), std::min(columns.names, kMaxColumns)};
}

std::string line_of(const ListedStudy& study, const Columns& columns) {
  const std::string place = study::visible(study.study_dir.string());
  if (!study.problem.empty()) {
    return study::format("{}  {}\n    {}\n", pad_columns("?", kStartedColumns), place,
                         study::visible(study.problem));
  }
  return study::format("{}  {}  {:>9}  {:>6}  {:>7}  {}  {}\n",
                       pad_columns(time_text(study.started_at), kStartedColumns),
                       pad_columns(study.word, columns.words), study.counters.completed,
                       study.counters.failed, study.counters.pending,
                       pad_columns(study::visible(study.name), columns.names), place);
}

}  // namespace

std::vector<ListedStudy> list_studies(const fs::path& results_dir,
                                      const std::optional<fs::path>& config, HostLog& log) {
  std::error_code error;
  fs::directory_iterator entries(results_dir, error);
  if (error) throw study::InputError(results_dir.string() + ": " + error.message());
  std::vector<ListedStudy> studies;
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (!entries->is_directory(ignored) || !holds_study(entries->path())) continue;
    studies.push_back(look_at(entries->path(), config, log));
  }
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
      study::format("{}  {}  completed  failed  pending  {}  directory\n",
                    pad_columns("started", kStartedColumns), pad_columns("status", columns.words),
                    pad_columns("study", columns.names));
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
    list.push_back(std::move(fields));
  }
  std::string text;
  study::append_json(text, list);
  return text + "\n";
}

}  // namespace host
