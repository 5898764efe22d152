#include "checkpoint_source.hpp"

#include "result.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <vector>

#include <sys/stat.h>

namespace study_host {
namespace {

namespace fs = std::filesystem;
using Kind = study::CheckpointError::Kind;

/// What the person can do where no checkpoint can be used.
constexpr std::string_view kRebuildOffer =
    "--rebuild reconstructs the states from the result files in the directory";

bool has_result_files(const fs::path& study_dir) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(study_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    // Not the host's own: the manifest, the record and the copies.
    if (name.starts_with('.') || !name.ends_with(".json") || name.ends_with(".config.json"))
      continue;
    if (name == study::kManifestFileName || name == "study_record.json" || name == "study.json" ||
        name == "study.base.json") {
      continue;
    }
    return true;
  }
  return false;
}

study::Timestamp modification_time(const struct stat& status) {
  return study::Timestamp(std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::seconds(status.st_mtim.tv_sec) +
      std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

/// The stems that the run's files may have, the present one first.
std::vector<std::string> possible_stems(const PreparedStudy& study, std::size_t configuration,
                                        int cycle) {
  const auto& planned = study.plan.configurations[configuration];
  std::vector<std::string> stems{study::result_stem(study.config, study.plan, planned, cycle)};
  if (cycle > 1) return stems;
  study::StudyPlan other;  // only the number of cycles counts for a stem
  other.n_cycles = study.plan.n_cycles > 1 ? 1 : 2;
  stems.push_back(study::result_stem(study.config, other, planned, cycle));
  return stems;
}

std::string nobody_has(std::span<const NamedObserver> observers) {
  if (observers.empty()) return ": no observer is enabled, so that nobody can be asked";
  std::string names;
  for (const NamedObserver& observer : observers) {
    names += (names.empty() ? "" : ", ") + observer.name;
  }
  return ": no checkpoint is known to " + names;
}

}  // namespace

std::string result_problem(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return "its result " + file.string() + " is not there";
  if (!S_ISREG(status.st_mode)) return "its result " + file.string() + " is no file";
  try {
    const std::string problem = json_problem(study::read_file(file));
    return problem.empty() ? problem : "its result " + file.string() + " is no JSON: " + problem;
  } catch (const study::FileError& error) {
    return std::string("its result can't be read: ") + error.what();
  }
}

study::StudyManifest read_checkpoint(std::span<const NamedObserver> observers,
                                     const fs::path& study_dir, HostLog& log) {
  std::string unreadable;
  for (const NamedObserver& observer : observers) {
    try {
      auto checkpoint =
          observer.observer->read_checkpoint({study_dir, {}, study_dir.parent_path()});
      if (!checkpoint) continue;
      log.info("resuming from the checkpoint of " + observer.name);
      return *std::move(checkpoint);
    } catch (const study::CheckpointError& error) {
      if (error.kind() == Kind::newer_version) {
        throw study::StudyError("the checkpoint was written by a newer version: " +
                                std::string(error.what()));
      }
      unreadable += std::string(unreadable.empty() ? "" : "; ") + error.what();
      log.warning(std::string("a checkpoint can't be read: ") + error.what());
    } catch (const std::exception& error) {
      unreadable += std::string(unreadable.empty() ? "" : "; ") + error.what();
      log.warning("a checkpoint can't be read: " + observer.name + ": " + error.what());
    }
  }
  if (!unreadable.empty()) {
    throw study::StudyError("no checkpoint in " + study_dir.string() +
                            " can be read: " + unreadable + "; " + std::string(kRebuildOffer));
  }
  std::string message = "nothing to resume in " + study_dir.string() + nobody_has(observers);
  if (has_result_files(study_dir)) {
    message += ", but there are result files: " + std::string(kRebuildOffer) +
               "; or add the observer that kept the study's checkpoint to the host config";
  }
  throw study::StudyError(message);
}

study::StudyManifest rebuild_checkpoint(const PreparedStudy& study, const fs::path& study_dir,
                                        study::Timestamp started_at) {
  study::StudyManifest manifest = study::initial_manifest(study.config, study.plan, started_at);
  const auto n_cycles = static_cast<std::size_t>(study.plan.n_cycles);
  for (std::size_t i = 0; i < manifest.experiments.size(); ++i) {
    study::ManifestEntry& entry = manifest.experiments[i];
    for (const std::string& stem : possible_stems(study, i / n_cycles, entry.cycle)) {
      const fs::path file = study_dir / (stem + ".json");
      struct stat status {};
      if (::stat(file.c_str(), &status) != 0) continue;
      entry.status = study::ExperimentState::completed;
      entry.result_file = stem + ".json";
      entry.completed_at = modification_time(status);
      break;
    }
  }
  return manifest;
}

}  // namespace study_host
