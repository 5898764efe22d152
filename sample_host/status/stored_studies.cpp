#include "status/stored_studies.hpp"

#include "base/format.hpp"
#include "base/writer_record.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;

using study::StoredStudy;

bool is_same(const StoredStudy& a, const StoredStudy& b) {
  return a.started_at == b.started_at && a.study_name == b.study_name && a.study_dir == b.study_dir;
}

/// A store that was away for a while is behind.
bool is_further(const StoredStudy& a, const StoredStudy& b) {
  const auto progress = [](const StoredStudy& study) {
    return std::pair(study.completed_at, study.counters.completed + study.counters.failed);
  };
  return progress(a) > progress(b);
}

void add(std::vector<StoredStudy>& studies, const StoredStudy& study) {
  const auto found = std::find_if(studies.begin(), studies.end(),
                                  [&](const StoredStudy& other) { return is_same(other, study); });
  if (found == studies.end()) {
    studies.push_back(study);
    return;
  }
  // Not every store knows who writes.
  study::WriterStatus writer = study.writer.writer ? study.writer : found->writer;
  if (is_further(study, *found)) *found = study;
  found->writer = std::move(writer);
}

}  // namespace

StoredStudies ask_for_studies(std::span<const study::NamedObserver> observers,
                              const study::StudiesQuery& query) {
  StoredStudies answers;
  const auto take = [&](const StoredStudy& study) { add(answers.studies, study); };
  for (std::size_t i = 0; i < observers.size(); ++i) {
    try {
      if (observers[i].observer->list_studies(query, take)) answers.has_store = true;
    } catch (const std::exception& error) {
      answers.failures.push_back({observers[i].name, error.what()});
      answers.failed.push_back(i);
    }
  }
  return answers;
}

std::string failure_text(const study::CheckpointRemark& failure) {
  return study::format("not all studies that {} keeps can be told: {}", failure.observer,
                       failure.text);
}

std::string host_of(const StoredStudy& study) {
  return study.writer.writer ? study.writer.writer->host : std::string();
}

bool is_on_this_machine(const StoredStudy& study) {
  const std::string host = host_of(study);
  std::error_code ignored;
  return (host.empty() || host == study::host_name()) && fs::is_directory(study.study_dir, ignored);
}

std::string plain_directory(const fs::path& study_dir) {
  std::error_code error;
  const fs::path absolute = fs::absolute(study_dir).lexically_normal();
  const fs::path canonical =
      fs::weakly_canonical(absolute.has_filename() ? absolute : absolute.parent_path(), error);
  return study::to_valid_utf8((error ? absolute : canonical).native());
}

}  // namespace host
