#include "resume/study_record.hpp"

#include "base/format.hpp"
#include "base/json_fields.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/json.hpp>
#include <study/study_directory.hpp>
#include <study/study_lock.hpp>
#include <study/text.hpp>

#include <cerrno>
#include <string_view>
#include <system_error>

#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

namespace host {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kHint = "; give the study file to resume without it";

std::string extension_of(const fs::path& file) {
  return file.extension() == ".json" ? ".json" : ".yaml";
}

/// A file beside the record: a name, so that nothing leads out of the study directory.
fs::path copy_beside(const fs::path& file, const std::string& name) {
  return !name.empty() && fs::path(name) == fs::path(name).filename() ? file.parent_path() / name
                                                                      : fs::path();
}

StudyRecord parse_record(const std::string& text, const fs::path& file) {
  const json::value document = study::parse_json(text, file.string());
  if (!document.is_object()) throw study::InputError(file.string() + ": must be an object");
  const auto refuse = [&](std::string_view key, const std::string&) {
    throw study::StudyError(
        study::format("{}: '{}' is missing or wrong{}", file.string(), key, kHint));
  };
  const study::JsonFields reader(document.get_object(), refuse);
  StudyRecord record;
  record.study_file = reader.text("study_file");
  record.copies.study = copy_beside(file, std::string(reader.text("study_copy")));
  if (record.copies.study.empty()) reader.refuse("study_copy", {});
  if (const auto base = reader.optional_text("base_copy")) {
    record.copies.base = copy_beside(file, *base);
    if (record.copies.base->empty()) reader.refuse("base_copy", {});
  }
  if (const auto config = reader.optional_text("host_config")) record.host_config = *config;
  record.framework_version = reader.text("framework_version");
  if (document.get_object().contains("working_directory")) {
    record.working_directory = reader.text("working_directory");
  }
  if (document.get_object().contains("observers")) {
    record.observers.emplace();
    for (const json::value& name : reader.array("observers")) {
      if (!name.is_string()) reader.refuse("observers", {});
      record.observers->emplace_back(name.get_string());
    }
  }
  record.started_at = reader.time("started_at");
  return record;
}

bool is_there(const fs::path& path) {
  std::error_code unknown;
  return fs::exists(fs::symlink_status(path, unknown));
}

/// Of the record that is there, where it can be read.
std::optional<StudyCopies> recorded_copies(const fs::path& study_dir) {
  try {
    if (auto record = read_study_record(study_dir)) return std::move(record->copies);
  } catch (const study::Error&) {  // then nobody knows which files are copies
  }
  return std::nullopt;
}

/// Puts copies into a study's directory, which may be a person's own folder: whatever has their
/// name and isn't known to be a copy stays as it is, and the copy gets a number.
class KeptCopies {
 public:
  explicit KeptCopies(const fs::path& study_dir)
      : study_dir_(study_dir), earlier_(recorded_copies(study_dir)) {}

  /// Gives the name of the copy.
  [[nodiscard]] std::string keep(const std::string& name, const std::string& text,
                                 const Readers& readers) const {
    const fs::path plain = name;
    fs::path file = study_dir_ / plain;
    for (int number = 1; is_somebody_s(file, text); ++number) {
      file = study_dir_ /
             study::format("{}_{}{}", plain.stem().string(), number, plain.extension().string());
    }
    study::replace_file(file, text, study::Durability::power, mode_of_copy(study_dir_, readers));
    return file.filename().string();
  }

 private:
  [[nodiscard]] bool is_somebody_s(const fs::path& file, const std::string& text) const {
    if (!is_there(file)) return false;
    if (earlier_ && (file == earlier_->study || file == earlier_->base)) return false;
    try {
      return study::read_file(file, text.size()) != text;
    } catch (const study::FileError&) {
      return true;
    }
  }

  const fs::path& study_dir_;
  const std::optional<StudyCopies> earlier_;
};

/// Not where the record can't be read: then it is not known to be that study.
bool began_at(const fs::path& study_dir, study::Timestamp time) {
  try {
    const auto record = read_study_record(study_dir);
    return record && record->started_at == time;
  } catch (const study::Error&) {
    return false;
  }
}

}  // namespace

/// Synced whatever the durability of results: without them a study can't be resumed, and each of
/// its hosts writes them once.
void keep_study_record(const fs::path& study_dir, const PreparedStudy& study,
                       const std::vector<std::string>& observers, study::Timestamp started_at) {
  const KeptCopies kept(study_dir);
  json::object record;
  record["study_file"] = study::to_valid_utf8(study.file.path.native());
  record["base_copy"] = nullptr;
  if (study.file.base) {
    record["base_copy"] = kept.keep("study.base" + extension_of(study.file.base->path),
                                    study.file.base->text, study.file.base->readers);
  }
  record["study_copy"] =
      kept.keep("study" + extension_of(study.file.path), study.file.text, study.file.readers);
  record["host_config"] = nullptr;
  if (!study.host.file.empty()) {
    record["host_config"] = study::to_valid_utf8(study.host.file.native());
  }
  record["framework_version"] = study.config.framework_version;
  const fs::path& directory = study.working_directory;
  record["working_directory"] =
      study::to_valid_utf8((directory.empty() ? fs::current_path() : directory).native());
  record["observers"] = json::value_from(observers);
  record["started_at"] = study::format_timestamp(started_at);
  std::string text;
  study::append_json(text, record);
  study::replace_file(study_dir / kRecordFileName, text + "\n", study::Durability::power);
}

std::optional<StudyRecord> read_study_record(const fs::path& study_dir) {
  const fs::path file = study_dir / kRecordFileName;
  try {
    return parse_record(study::read_file(file), file);
  } catch (const study::FileError& error) {
    if (error.code().value() == ENOENT) return std::nullopt;
    throw study::StudyError(std::string(error.what()) + std::string(kHint));
  } catch (const study::InputError& error) {
    throw study::StudyError(std::string(error.what()) + std::string(kHint));
  }
}

bool holds_study(const fs::path& study_dir) {
  return holds_writer_s_files(study_dir) || is_there(study_dir / study::kManifestFileName);
}

bool holds_writer_s_files(const fs::path& study_dir) {
  return is_there(study_dir / study::kLockFileName) || is_there(study_dir / kRecordFileName);
}

void refuse_file_as_directory(const fs::path& study_dir) {
  std::error_code ignored;
  if (!fs::exists(study_dir, ignored) || fs::is_directory(study_dir, ignored)) return;
  const fs::path parent = study_dir.parent_path();
  throw study::InputError(study_dir.string() + " is a file; give the study directory, such as " +
                          (parent.empty() ? std::string(".") : parent.string()));
}

fs::path find_study_directory(const fs::path& results_dir, const study::ManifestHead& head) {
  const std::string stem = head.study_name + "_" + study::file_name_timestamp(head.started_at);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(results_dir, ignored)) {
    // The stem may have a number behind it, since two studies can begin in the same second.
    if (!entry.path().filename().string().starts_with(stem)) continue;
    if (began_at(entry.path(), head.started_at)) return entry.path();
  }
  return {};
}

fs::path latest_study_directory(const fs::path& results_dir, std::string_view study_name) {
  const auto directories = study::study_directories(results_dir, study_name);
  return directories.empty() ? fs::path() : directories.front();
}

}  // namespace host
