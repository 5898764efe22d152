#include "resume/changed_study.hpp"

#include "resume/design_change.hpp"
#include "resume/study_record.hpp"

#include <study/study_plan.hpp>

#include <optional>
#include <set>
#include <string_view>

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kForceOffer =
    "go on with --force: what is unchanged is kept then, the rest follows the new study";

Design design_of(const study::StudyConfig& config, const study::StudyPlan& plan) {
  Design design;
  for (const auto& planned : plan.configurations) {
    design.push_back({planned.config_hash, planned.config_summary,
                      &config.experiments[planned.experiment_index].config});
  }
  return design;
}

/// What the checkpoint itself tells of the configurations: no fields.
Design design_of(const study::StudyManifest& checkpoint) {
  Design design;
  std::set<std::string_view> known;
  for (const study::ManifestEntry& entry : checkpoint.experiments) {
    if (!known.insert(entry.config_hash).second) continue;
    design.push_back({entry.config_hash, entry.config_summary, nullptr});
  }
  return design;
}

struct Change {
  std::string account;
  bool copy_is_right = false;  ///< the kept copy is the study that the checkpoint is of
};

/// The kept copy is what the checkpoint is of only if their design is the same: a host may have
/// been killed between writing one and the other, and anybody may have edited the copy.
Change describe_change(const fs::path& study_dir, const study::StudyManifest& checkpoint,
                       const PreparedStudy& study) {
  const Design now = design_of(study.config, study.plan);
  try {
    if (const auto record = read_study_record(study_dir)) {
      const study::StudyConfig config =
          make_config(load_study_copies(record->study_file, record->copies));
      const study::StudyPlan plan = study::make_plan(config);
      if (plan.study_design_hash == checkpoint.head.study_design_hash) {
        return {describe_design_change(design_of(config, plan), now), true};
      }
    }
  } catch (const study::Error&) {  // without the copy the account is only less exact
  }
  return {describe_design_change(design_of(checkpoint), now) +
              "  fields can't be compared: no study file is kept that the checkpoint is of\n",
          false};
}

std::string refusal(const ResumeOptions& options, const PreparedStudy& study, bool copy_is_right) {
  const std::string place = options.study_dir.string();
  if (options.study_copy) {
    return options.study_copy->string() +
           ", the study file that is kept, is not the study that the checkpoint in " + place +
           " is of: give the study's own file, or start over from the results with --rebuild, or " +
           std::string(kForceOffer);
  }
  return study.file.path.string() + " is not the study that began in " + place +
         ": resume it with its own study file" + (copy_is_right ? ", or leave STUDY out" : "") +
         ", or " + std::string(kForceOffer);
}

}  // namespace

void check_design(const ResumeOptions& options, const study::StudyManifest& checkpoint,
                  const PreparedStudy& study, HostLog& log) {
  if (checkpoint.head.study_design_hash == study.plan.study_design_hash) return;
  const auto [account, copy_is_right] = describe_change(options.study_dir, checkpoint, study);
  if (!options.force) throw DesignChanged(refusal(options, study, copy_is_right), account);
  log.warning("the study has changed since it began; it goes on because of --force");
  for (std::size_t at = 0; at < account.size();) {
    const std::size_t end = account.find('\n', at);
    log.info(account.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace host
